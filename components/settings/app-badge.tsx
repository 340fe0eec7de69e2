import { Check, CircleDashed, TriangleAlert } from "lucide-react";
import type { OAuthAppView } from "#lib/contract/oauth-app.ts";
import { Badge } from "#components/ui/badge.tsx";

/** Whose OAuth app new connections use, and whether it works as far as is known. */
export function AppBadge({ source, own }: Pick<OAuthAppView, "source" | "own">) {
  if (source === "organization" && own?.refusedAt) return <Refused />;
  if (source === "organization")
    return (
      <Badge tone="good" icon={Check}>
        Your own app
      </Badge>
    );
  if (source === "operator")
    return (
      <Badge tone="quiet" icon={Check}>
        Set up by the operator
      </Badge>
    );
  return <NeedsSetup />;
}

export function NeedsSetup() {
  return (
    <Badge tone="warn" icon={TriangleAlert}>
      Needs set-up
    </Badge>
  );
}

/** The provider does not accept the organization's own app. */
export function Refused() {
  return (
    <Badge tone="bad" icon={TriangleAlert}>
      App not accepted
    </Badge>
  );
}

/** Beside the other one, where something was entered that is not in use. */
export function OffBadge() {
  return (
    <Badge tone="quiet" icon={CircleDashed}>
      Your own app is switched off
    </Badge>
  );
}
