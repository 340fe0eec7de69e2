import { Banner } from "#components/ui/banner.tsx";
import { RelativeTime } from "#components/ui/time.tsx";

interface WorkerNoticeProps {
  readonly workers: { readonly alive: number; readonly lastSeenAt: string | null };
}

/** Without a worker nothing is synced, and nobody would know why. */
export function WorkerNotice({ workers }: WorkerNoticeProps) {
  if (workers.alive > 0) return null;
  return (
    <Banner
      tone="warn"
      className="mb-6"
      title={
        workers.lastSeenAt ? (
          <>
            No worker seen since <RelativeTime at={workers.lastSeenAt} />
          </>
        ) : (
          "No worker has been seen yet"
        )
      }
    >
      Syncs wait until one runs. Start one with <code className="font-mono text-[0.9em]">npm run worker</code>, or set
      WORKERS to 1 or more for <code className="font-mono text-[0.9em]">npm start</code>.
    </Banner>
  );
}
