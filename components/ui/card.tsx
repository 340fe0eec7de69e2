import type { ReactNode } from "react";
import { cx } from "./cx.ts";

export function Card({ children, className }: { readonly children: ReactNode; readonly className?: string }) {
  return <div className={cx("rounded-card border border-line bg-surface", className)}>{children}</div>;
}

interface SectionProps {
  readonly title: string;
  readonly id?: string;
  readonly note?: ReactNode;
  readonly action?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A titled part of a page. */
export function Section({ title, id, note, action, children, className }: SectionProps) {
  return (
    <section aria-labelledby={id} className={cx("min-w-0", className)}>
      <div className="mb-3 flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h2 id={id} className="text-base font-semibold">
            {title}
          </h2>
          {note ? <p className="text-sm text-muted">{note}</p> : null}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
