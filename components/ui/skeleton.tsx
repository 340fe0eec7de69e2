import { cx } from "./cx.ts";

/** A grey place-holder with the size of what will come. */
export function Skeleton({ className }: { readonly className?: string }) {
  return <div aria-hidden className={cx("skeleton", className)} />;
}

/** The geometry every page shares: header, then rows. */
export function PageSkeleton({ rows = 5 }: { readonly rows?: number }) {
  return (
    <div role="status">
      <span className="sr-only">Loading…</span>
      <Skeleton className="h-8 w-56 max-w-full" />
      <Skeleton className="mt-2 h-5 w-80 max-w-full" />
      <div className="mt-8 rounded-card border border-line bg-surface">
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} className="flex h-16 items-center gap-4 border-b border-line px-4 last:border-0">
            <Skeleton className="size-9 rounded-control" />
            <Skeleton className="h-4 w-2/5" />
            <Skeleton className="ms-auto h-4 w-20" />
          </div>
        ))}
      </div>
    </div>
  );
}
