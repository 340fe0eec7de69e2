import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";

export type BannerTone = "info" | "good" | "warn" | "bad";

const looks = {
  info: { box: "bg-accent-soft", ink: "text-accent-ink", Icon: Info },
  good: { box: "bg-good-soft", ink: "text-good", Icon: CircleCheck },
  warn: { box: "bg-warn-soft", ink: "text-warn", Icon: TriangleAlert },
  bad: { box: "bg-bad-soft", ink: "text-bad", Icon: CircleAlert },
} as const;

interface BannerProps {
  readonly tone: BannerTone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** "alert" interrupts (something just failed); "status" waits its turn; none for what was there all along */
  readonly role?: "alert" | "status";
  readonly className?: string;
}

/** What is the matter, why, and the way out. */
export function Banner({ tone, title, children, actions, role, className }: BannerProps) {
  const { box, ink, Icon } = looks[tone];
  return (
    <div role={role} className={cx("flex flex-wrap items-start gap-x-4 gap-y-3 rounded-card p-4", box, className)}>
      <div className="flex min-w-0 flex-1 basis-72 items-start gap-3">
        <Icon aria-hidden className={cx("mt-0.5 size-5 shrink-0", ink)} />
        <div className="min-w-0">
          <p className={cx("font-medium", ink)}>{title}</p>
          {children ? <div className="mt-0.5 text-sm text-ink">{children}</div> : null}
        </div>
      </div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </div>
  );
}
