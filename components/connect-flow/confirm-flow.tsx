"use client";

import type { ReactNode } from "react";
import type { ConnectPageView } from "#lib/contract/connect-page.ts";
import { inert } from "#lib/client/format.ts";
import { Button } from "#components/ui/button.tsx";
import { Tags } from "#components/ui/tags.tsx";
import { ConsentLines } from "./consent-lines.tsx";
import { FlowHeading } from "./flow-heading.tsx";
import { GoProblemBanner } from "./go-problem.tsx";
import { useGo, type Go } from "./use-go.ts";

interface ConfirmFlowProps {
  readonly token: string;
  readonly view: ConnectPageView;
  readonly actions: { readonly confirm: Go<{ token: string }>; readonly cancel: Go<{ token: string }> };
}

const extents: Readonly<Record<NonNullable<ConnectPageView["extent"]>, string>> = {
  choose: "Only what you choose on the next page",
  chosen: "Only what was chosen before",
  everything: "All of the above: you are not asked to choose single files or folders",
};

/** Everything a person needs to notice that a link is not theirs. */
export function ConfirmFlow({ token, view, actions }: ConfirmFlowProps) {
  const { go, busy, problem } = useGo();
  const { provider, destination, reconnect } = view;
  const organization = inert(view.organization);
  return (
    <>
      <FlowHeading
        provider={provider.id}
        title={`${reconnect ? "Reconnect" : "Connect"} your ${provider.name} to ${organization}?`}
      />
      <p className="mt-2 text-muted">
        Go on only if you have just started this yourself. What is read then belongs to {organization}.
      </p>
      <ConsentLines consent={view.consent} />
      <dl className="mt-5 space-y-3 rounded-control border border-line p-4 text-sm">
        <Fact name="Organization">{organization}</Fact>
        {view.containerTags.length ? (
          <Fact name="Tagged as">
            <span className="mt-1 block">
              <Tags tags={view.containerTags} />
            </span>
          </Fact>
        ) : null}
        {view.extent === null ? null : <Fact name="How much is read">{extents[view.extent]}</Fact>}
        <Fact name="Afterwards">{destination ? `You go to ${destination.host}` : "You stay here"}</Fact>
        <Fact name="How to end it">{view.consent.stop}</Fact>
      </dl>
      <GoProblemBanner problem={problem} />
      <div className="mt-6 flex flex-col gap-2">
        <Button
          tone="primary"
          busy={busy === "confirm"}
          aria-disabled={busy !== null}
          onClick={() => void go("confirm", actions.confirm, { token })}
        >
          Continue
        </Button>
        <Button
          tone="quiet"
          busy={busy === "cancel"}
          aria-disabled={busy !== null}
          onClick={() => void go("cancel", actions.cancel, { token })}
        >
          Cancel
        </Button>
      </div>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}
