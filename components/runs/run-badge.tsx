import type { RunView } from "#lib/contract/views.ts";
import { Badge } from "#components/ui/badge.tsx";
import { runLook } from "./run-words.ts";

export function RunBadge({ run }: { readonly run: RunView }) {
  const { words, tone, icon } = runLook(run);
  return (
    <Badge tone={tone} icon={icon} spin={words === "Running"}>
      {words}
    </Badge>
  );
}
