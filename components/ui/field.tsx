import type { ReactNode } from "react";
import { CircleAlert } from "lucide-react";
import { cx } from "./cx.ts";

export const controlClass =
  "block w-full min-h-11 rounded-control border border-line-strong bg-surface px-3 text-base text-ink transition-colors hover:border-ink/60 focus-visible:outline-offset-0 aria-invalid:border-bad sm:min-h-9 sm:text-sm";

export interface FieldIds {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: true | undefined;
}

interface FieldProps {
  readonly id: string;
  readonly label: ReactNode;
  readonly help?: ReactNode;
  readonly error?: ReactNode;
  readonly optional?: boolean;
  readonly children: (ids: FieldIds) => ReactNode;
  readonly className?: string;
}

/** Label, control, one line of help, and the error in words next to it. */
export function Field({ id, label, help, error, optional, children, className }: FieldProps) {
  const helpId = help ? `${id}-help` : undefined;
  const errorId = error ? `${id}-error` : undefined;
  const describedBy = [errorId, helpId].filter(Boolean).join(" ") || undefined;
  return (
    <div className={cx("min-w-0", className)}>
      <div className="mb-1.5 flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {optional ? <span className="text-2xs text-muted">optional</span> : null}
      </div>
      {children({ id, describedBy, invalid: error ? true : undefined })}
      {error ? (
        <p id={errorId} className="mt-1.5 flex items-start gap-1.5 text-sm text-bad">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0">{error}</span>
        </p>
      ) : null}
      {help ? (
        <p id={helpId} className="mt-1.5 text-sm text-muted">
          {help}
        </p>
      ) : null}
    </div>
  );
}
