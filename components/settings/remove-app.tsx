"use client";

import { notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import type { OAuthAppView } from "#lib/contract/oauth-app.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { OAuthAppActions } from "./actions.ts";

interface RemoveAppProps {
  readonly app: OAuthAppView;
  /** that were made with it */
  readonly connections: number;
  readonly remove: OAuthAppActions["remove"];
  readonly onClose: () => void;
  readonly onRemoved: (app: OAuthAppView) => void;
}

/** Says what will stop before an OAuth app is removed. */
export function RemoveApp({ app, connections, remove, onClose, onRemoved }: RemoveAppProps) {
  const { providerName, operator } = app;
  const removing = useAction(remove, {
    onDone: (removed) => {
      notify({ tone: "good", title: `Your ${providerName} app was removed` });
      onRemoved(removed);
    },
  });
  const next = operator
    ? "New connections will use the app the operator has set up."
    : `Nobody can connect a ${providerName} account until an app is entered again.`;
  const stays =
    connections === 0
      ? ""
      : connections === 1
        ? "1 connection was made with it: it will ask to be reconnected. Its documents stay. "
        : `${connections} connections were made with it: they will ask to be reconnected. Their documents stay. `;
  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={!removing.isPending}
      title={`Remove your ${providerName} app?`}
      description={`${stays}${next} The app itself stays at the provider.`}
    >
      {removing.error ? (
        <Banner tone="bad" role="alert" className="mb-4" title={removing.error.message}>
          {removing.error.fix}
        </Banner>
      ) : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="danger" busy={removing.isPending} onClick={() => removing.mutate({ provider: app.provider })}>
          {connections === 0 ? "Remove app" : `Remove app and stop ${connections}`}
        </Button>
      </div>
    </Dialog>
  );
}
