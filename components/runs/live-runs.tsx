"use client";

import type { KeysetPage, RunRow } from "#lib/contract/views.ts";
import { consoleApi } from "#lib/client/console-api.ts";
import { isActive, pace } from "#lib/client/live-run.ts";
import { useLive } from "#lib/client/use-live.ts";
import { RunList } from "./run-list.tsx";

interface LiveRunsProps {
  readonly initial: KeysetPage<RunRow>;
  /** only the newest page moves */
  readonly live: boolean;
}

export function LiveRuns({ initial, live }: LiveRunsProps) {
  return live ? <Following initial={initial} /> : <RunList rows={initial.items} />;
}

function Following({ initial }: { readonly initial: KeysetPage<RunRow> }) {
  const { data, reconnecting } = useLive<KeysetPage<RunRow>>({
    name: "runs",
    ask: (signal) => consoleApi.call("GET /api/console/runs", { query: { limit: initial.items.length }, signal }),
    initial,
    every: (page) => pace(page.items.some(({ run }) => isActive(run))),
  });
  return (
    <>
      {reconnecting ? (
        <p role="status" className="mb-2 text-sm text-warn">
          Reconnecting…
        </p>
      ) : null}
      <RunList rows={data.items} />
    </>
  );
}
