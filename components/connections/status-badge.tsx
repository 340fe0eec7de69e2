import {
  Check,
  CircleAlert,
  CircleDashed,
  ListChecks,
  Clock,
  Hourglass,
  Pause,
  RefreshCw,
  Trash2,
  TriangleAlert,
  Unplug,
  type LucideIcon,
} from "lucide-react";
import type { ConnectionStatus } from "#lib/contract/views.ts";
import { Badge, type BadgeTone } from "#components/ui/badge.tsx";

const looks: Readonly<Record<ConnectionStatus, { words: string; tone: BadgeTone; icon: LucideIcon }>> = {
  syncing: { words: "Syncing…", tone: "accent", icon: RefreshCw },
  queued: { words: "Queued", tone: "accent", icon: Clock },
  waiting: { words: "Waiting for the provider", tone: "accent", icon: Hourglass },
  synced: { words: "Synced", tone: "good", icon: Check },
  never_synced: { words: "Not synced yet", tone: "quiet", icon: CircleDashed },
  needs_reconnect: { words: "Needs reconnecting", tone: "bad", icon: Unplug },
  needs_selection: { words: "Choose what to sync", tone: "warn", icon: ListChecks },
  failing: { words: "Failing", tone: "bad", icon: CircleAlert },
  attention: { words: "Needs attention", tone: "warn", icon: TriangleAlert },
  paused: { words: "Paused", tone: "quiet", icon: Pause },
  deleting: { words: "Being deleted", tone: "quiet", icon: Trash2 },
};

export function StatusBadge({ status }: { readonly status: ConnectionStatus }) {
  const { words, tone, icon } = looks[status];
  return (
    <Badge tone={tone} icon={icon} spin={status === "syncing"}>
      {words}
    </Badge>
  );
}
