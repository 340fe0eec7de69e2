import { CircleCheck, CircleSlash } from "lucide-react";
import type { ConnectPageView } from "#lib/contract/connect-page.ts";
import { inert } from "#lib/client/format.ts";
import { buttonClass, ButtonLink } from "#components/ui/button.tsx";
import { FlowElsewhere } from "./flow-elsewhere.tsx";
import { FlowHeading } from "./flow-heading.tsx";
import { FlowWaiting } from "./flow-waiting.tsx";
import { RetryButton } from "./retry-button.tsx";
import type { Go } from "./use-go.ts";

interface FlowResultProps {
  readonly token: string;
  readonly view: ConnectPageView;
  readonly retry: Go<{ token: string }>;
}

export function titleOf(view: ConnectPageView): string {
  if (view.problem) return view.problem.title;
  if (view.standing === "exchanging") return `Connecting ${view.provider.name}…`;
  if (view.standing === "done") return `${view.provider.name} is ${view.reconnect ? "reconnected" : "connected"}`;
  return view.mine ? "Not finished yet" : "This was started in another browser";
}

/** How it went, for people who are not sent anywhere. */
export function FlowResult({ token, view, retry }: FlowResultProps) {
  if (view.standing === "exchanging") return <FlowWaiting provider={view.provider} />;
  if (view.standing === "pending" && !view.mine) return <FlowElsewhere view={view} />;
  if (view.standing === "done") return <Connected view={view} />;
  const unfinished = `You have not come back from ${view.provider.name} yet. Nothing is ${view.reconnect ? "changed" : "connected"} so far.`;
  return (
    <>
      <FlowHeading icon={CircleSlash} title={titleOf(view)} />
      <p className="mt-2 text-muted">{inert(view.problem?.detail ?? unfinished)}</p>
      <WayOn token={token} view={view} retry={retry} />
    </>
  );
}

function Connected({ view }: { readonly view: ConnectPageView }) {
  const organization = inert(view.organization);
  return (
    <>
      <FlowHeading icon={CircleCheck} tone="good" title={titleOf(view)} />
      <p className="mt-2 text-muted">
        {view.account === null ? "The account" : inert(view.account)} is connected to {organization}
        {view.reconnect ? " again, and" : ", and"} syncing has begun.
      </p>
      <p className="mt-4">You can close this page.</p>
    </>
  );
}

/** Exactly one: again from here, back to where they came from, or words. */
function WayOn({ token, view, retry }: FlowResultProps) {
  const { destination } = view;
  if (view.retry)
    return (
      <>
        <RetryButton token={token} retry={retry} />
        {view.console === null ? null : (
          <ButtonLink tone="quiet" href={view.console} className="mt-2 w-full">
            Back to the console
          </ButtonLink>
        )}
        {destination === null ? null : (
          <p className="mt-4 text-center text-sm text-muted">
            Or go back to{" "}
            <a href={destination.href} rel="noreferrer" className="text-accent-ink underline underline-offset-2">
              {destination.host}
            </a>
            .
          </p>
        )}
      </>
    );
  if (view.console !== null)
    return (
      <ButtonLink tone="primary" href={view.console} className="mt-6 w-full">
        Back to the console
      </ButtonLink>
    );
  if (destination !== null)
    return (
      <a href={destination.href} rel="noreferrer" className={buttonClass("primary", "normal", "mt-6 w-full")}>
        <span className="truncate">Back to {destination.host}</span>
      </a>
    );
  return (
    <p className="mt-4">
      {view.origin === "link"
        ? "Open the link you were sent once more to start again."
        : "Go back to where you came from and start again there. You can close this page."}
    </p>
  );
}
