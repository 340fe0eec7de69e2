import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";

export type BadgeTone = "good" | "warn" | "bad" | "accent" | "quiet";

const tones: Readonly<Record<BadgeTone, string>> = {
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  accent: "bg-accent-soft text-accent-ink",
  quiet: "bg-sunken text-muted",
};

interface BadgeProps {
  readonly tone: BadgeTone;
  readonly icon: LucideIcon;
  readonly spin?: boolean;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}

/** A state: shape, word and colour together, never colour alone. */
export function Badge({ tone, icon: Icon, spin = false, title, children }: BadgeProps) {
  return (
    <span
      title={title}
      className={cx(
        "inline-flex h-6 max-w-full items-center gap-1.5 rounded-full ps-2 pe-2.5 text-2xs font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      <Icon aria-hidden className={cx("size-3.5 shrink-0", spin && "animate-spin")} strokeWidth={2.2} />
      {children}
    </span>
  );
}
