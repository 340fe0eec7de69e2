"use client";

import type { ReconnectPageView } from "#lib/contract/connect-page.ts";
import { inert } from "#lib/client/format.ts";
import { Button } from "#components/ui/button.tsx";
import { ConsentLines } from "./consent-lines.tsx";
import { FlowHeading } from "./flow-heading.tsx";
import { GoProblemBanner } from "./go-problem.tsx";
import { reconnectTitle } from "./reconnect-title.ts";
import { useGo, type Go } from "./use-go.ts";

interface ReconnectFlowProps {
  readonly token: string;
  readonly link: ReconnectPageView;
  readonly begin: Go<{ token: string }>;
}

/** What somebody sees who was sent a link: for whom, with which account, and what happens then. */
export function ReconnectFlow({ token, link, begin }: ReconnectFlowProps) {
  const { go, busy, problem } = useGo();
  const { provider, account, connected, destination } = link;
  const organization = inert(link.organization);
  return (
    <>
      <FlowHeading provider={provider.id} title={reconnectTitle(link)} />
      <p className="mt-2 text-muted">
        {connected
          ? `There is nothing left to do: ${organization} has its access. You can close this page, or renew the access once more.`
          : `${organization} asks you to renew its access. What was synced stays as it is.`}
      </p>
      {account === null ? null : (
        <p className="mt-4 rounded-control bg-sunken p-4 text-sm">
          <span className="block text-muted">The account to sign in with</span>
          <span className="font-medium break-words">{inert(account)}</span>
          <span className="mt-1 block text-muted">Another account is not accepted.</span>
        </p>
      )}
      <ConsentLines consent={link.consent} />
      <GoProblemBanner problem={problem} />
      <Button
        tone={connected ? "secondary" : "primary"}
        className="mt-6 w-full"
        busy={busy !== null}
        onClick={() => void go("begin", begin, { token })}
      >
        {connected ? "Reconnect anyway" : `Continue to ${provider.name}`}
      </Button>
      {destination === null ? null : (
        <p className="mt-3 text-center text-sm text-muted">Afterwards you go to {destination}.</p>
      )}
    </>
  );
}
