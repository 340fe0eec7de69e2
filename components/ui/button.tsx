import Link from "next/link";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { cx } from "./cx.ts";
import { Spinner } from "./spinner.tsx";

export type ButtonTone = "primary" | "secondary" | "quiet" | "danger" | "danger-quiet";
export type ButtonSize = "small" | "normal";

const tones: Readonly<Record<ButtonTone, string>> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "bg-surface text-ink border border-line-strong/60 hover:bg-hover",
  quiet: "text-ink hover:bg-hover",
  danger: "bg-bad-solid text-on-bad hover:opacity-90",
  "danger-quiet": "text-bad hover:bg-bad-soft",
};

/** On phones everything is at least 44 px high; with a mouse it may be denser. */
export function buttonClass(tone: ButtonTone = "secondary", size: ButtonSize = "normal", className?: string): string {
  return cx(
    "relative inline-flex items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap select-none transition-colors",
    "min-h-11 px-4 text-[0.9375rem]",
    size === "small" ? "sm:min-h-8 sm:px-2.5 sm:text-sm" : "sm:min-h-9 sm:px-3.5 sm:text-sm",
    tones[tone],
    className,
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly tone?: ButtonTone;
  readonly size?: ButtonSize;
  readonly icon?: ReactNode;
  /** keeps its label and width, shows a spinner, ignores further presses */
  readonly busy?: boolean;
}

export function Button({ tone, size, icon, busy = false, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || rest["aria-disabled"] || undefined}
      aria-busy={busy || undefined}
      className={buttonClass(tone, size, className)}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      <span className={cx("inline-flex items-center gap-2", busy && icon === undefined && "opacity-90")}>
        {busy ? <Spinner /> : icon}
        {children}
      </span>
    </button>
  );
}

interface ButtonLinkProps {
  readonly href: string;
  readonly tone?: ButtonTone;
  readonly size?: ButtonSize;
  readonly icon?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function ButtonLink({ href, tone, size, icon, className, children }: ButtonLinkProps) {
  return (
    <Link href={href} className={buttonClass(tone, size, className)}>
      {icon}
      {children}
    </Link>
  );
}
