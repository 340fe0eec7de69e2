import { MonitorSmartphone } from "lucide-react";
import type { ConnectPageView } from "#lib/contract/connect-page.ts";
import { ButtonLink } from "#components/ui/button.tsx";
import { FlowHeading } from "./flow-heading.tsx";

/** A flow that belongs to another browser: it goes on there, or is begun once more here. */
export function FlowElsewhere({ view }: { readonly view: ConnectPageView }) {
  return (
    <>
      <FlowHeading icon={MonitorSmartphone} title="This was started in another browser" />
      <p className="mt-2 text-muted">
        Only the browser that began connecting {view.provider.name} can finish it, so nothing was{" "}
        {view.reconnect ? "changed" : "connected"} here. Go on where you began
        {view.console === null ? "." : ", or start again here."}
      </p>
      {view.console === null ? (
        <p className="mt-4">
          {view.origin === "link"
            ? "To use this browser instead, open the link you were sent in it."
            : "To use this browser instead, start again in it. You can close this page."}
        </p>
      ) : (
        <ButtonLink tone="primary" href={view.console} className="mt-6 w-full">
          Start again here
        </ButtonLink>
      )}
    </>
  );
}
