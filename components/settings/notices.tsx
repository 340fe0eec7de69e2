"use client";

import { RefreshCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useAction } from "#lib/client/use-action.ts";
import type { OAuthAppView, OwnOAuthAppView } from "#lib/contract/oauth-app.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Card } from "#components/ui/card.tsx";
import { Copyable } from "#components/ui/copyable.tsx";
import type { OAuthAppActions } from "./actions.ts";

interface NoticesProps {
  readonly app: OAuthAppView;
  readonly notices: NonNullable<OwnOAuthAppView["notices"]>;
  readonly actions: Pick<OAuthAppActions, "showWebhookSecret" | "clearWebhookSecret">;
}

/** Registering the app's webhook: our address goes there, the provider's token comes here and is typed in there. */
export function Notices({ app, notices, actions }: NoticesProps) {
  return (
    <Card className="divide-y divide-line">
      <div className="px-4 py-4 sm:px-5">
        <h3 className="text-sm font-medium">Webhook address of your app, to be entered at {app.providerName}</h3>
        <Copyable text={notices.address} what="webhook address" />
        {notices.reachable ? null : (
          <p className="mt-2 text-sm text-muted">
            {app.providerName} reaches public https addresses only, and this server’s is none, or webhooks are switched
            off.
          </p>
        )}
      </div>
      <div className="px-4 py-4 sm:px-5">
        <h3 className="text-sm font-medium">Its verification token</h3>
        {notices.secretSet ? <Token app={app} actions={actions} /> : <Waiting providerName={app.providerName} />}
      </div>
    </Card>
  );
}

function Waiting({ providerName }: { readonly providerName: string }) {
  const router = useRouter();
  return (
    <div className="mt-1 flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
      <p className="min-w-0 flex-1 basis-60 text-sm text-muted">
        Not there yet: {providerName} sends it as soon as the address is entered. Then it is shown here, to be typed in
        there.
      </p>
      <Button icon={<RefreshCw aria-hidden className="size-4" />} onClick={() => router.refresh()}>
        Look again
      </Button>
    </div>
  );
}

function Token({ app, actions }: Pick<NoticesProps, "app" | "actions">) {
  const router = useRouter();
  const [token, setToken] = useState<string>();
  const showing = useAction(actions.showWebhookSecret, { onDone: setToken });
  const forgetting = useAction(actions.clearWebhookSecret, {
    onDone: () => {
      setToken(undefined);
      router.refresh();
    },
  });
  const problem = showing.error ?? forgetting.error;
  const input = { provider: app.provider };
  return (
    <div className="mt-1 space-y-3">
      <p className="text-sm text-muted">
        {app.providerName} has sent it. Type it in there once, so that notices begin. Forget it to register another
        address.
      </p>
      {problem ? (
        <Banner tone="bad" role="alert" title={problem.message}>
          {problem.fix}
        </Banner>
      ) : null}
      {token === undefined ? null : <Copyable text={token} what="verification token" />}
      <div className="flex flex-wrap gap-2">
        {token === undefined ? (
          <Button busy={showing.isPending} onClick={() => showing.mutate(input)}>
            Show token
          </Button>
        ) : (
          <Button onClick={() => setToken(undefined)}>Hide token</Button>
        )}
        <Button tone="danger-quiet" busy={forgetting.isPending} onClick={() => forgetting.mutate(input)}>
          Forget token
        </Button>
      </div>
    </div>
  );
}
