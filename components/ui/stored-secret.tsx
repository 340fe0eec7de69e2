"use client";

import { useState, type ReactNode } from "react";
import { buttonClass } from "./button.tsx";
import { cx } from "./cx.ts";
import { controlClass, type FieldIds } from "./field.tsx";

interface StoredSecretProps {
  readonly label: string;
  readonly ids: FieldIds;
  readonly last4: string | null;
  /** the control to enter another one with; it comes and goes */
  readonly children: ReactNode;
}

/** "•••• 4f2a": what is stored stays where it is; it can only be replaced. */
export function StoredSecret({ label, ids, last4, children }: StoredSecretProps) {
  const [replacing, setReplacing] = useState(false);
  if (replacing) {
    return (
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">{children}</div>
        <button type="button" className={buttonClass("quiet")} onClick={() => setReplacing(false)}>
          Keep<span className="sr-only"> the stored {label}</span>
        </button>
      </div>
    );
  }
  return (
    <div className="flex items-center gap-2">
      <span className={cx(controlClass, "flex items-center border-line! bg-sunken! font-mono")}>
        <span aria-hidden>••••{last4 ? ` ${last4}` : ""}</span>
        <span className="sr-only">Stored{last4 ? `, ends in ${last4}` : ""}</span>
      </span>
      <button
        type="button"
        id={ids.id}
        aria-label={`Replace ${label}`}
        aria-describedby={ids.describedBy}
        className={buttonClass("secondary")}
        onClick={() => setReplacing(true)}
      >
        Replace
      </button>
    </div>
  );
}
