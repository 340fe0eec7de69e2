import { CircleAlert, CircleDashed, CircleHelp, Clock } from "lucide-react";
import type { DocumentStatus } from "#lib/contract/views.ts";
import { Badge } from "#components/ui/badge.tsx";

const looks = {
  queued: { tone: "quiet", icon: Clock, words: "Queued" },
  extracting: { tone: "accent", icon: CircleDashed, words: "Reading" },
  chunking: { tone: "accent", icon: CircleDashed, words: "Preparing" },
  embedding: { tone: "accent", icon: CircleDashed, words: "Indexing" },
  indexing: { tone: "accent", icon: CircleDashed, words: "Indexing" },
  failed: { tone: "bad", icon: CircleAlert, words: "Failed" },
  unknown: { tone: "quiet", icon: CircleHelp, words: "Unknown" },
} as const;

/** How far a document is; nothing once it can be found, like nearly all of them. */
export function DocumentStatusBadge({ status }: { readonly status: DocumentStatus }) {
  if (status === "done") return null;
  const { tone, icon, words } = looks[status];
  return (
    <Badge tone={tone} icon={icon} spin={icon === CircleDashed}>
      {words}
    </Badge>
  );
}
