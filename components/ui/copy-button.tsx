"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "#lib/client/clipboard.ts";
import { announce } from "#lib/client/notices.ts";
import { buttonClass } from "./button.tsx";
import { cx } from "./cx.ts";

interface CopyButtonProps {
  /** the text, or where to get it at the moment of copying */
  readonly text: string | (() => string);
  /** what is copied, for its name: "connection id" */
  readonly what: string;
  readonly label?: string;
  readonly className?: string;
}

/** Copies without needing hover, and says so to eyes and ears. */
export function CopyButton({ text, what, label, className }: CopyButtonProps) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2_000);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async () => {
    const done = await copyText(typeof text === "string" ? text : text());
    setState(done ? "copied" : "failed");
    announce(done ? "Copied" : `Could not copy the ${what}. Select it and copy it by hand.`);
  };

  const icon =
    state === "copied" ? <Check aria-hidden className="size-4 text-good" /> : <Copy aria-hidden className="size-4" />;
  if (label) {
    return (
      <button
        type="button"
        onClick={copy}
        aria-label={`${label}: ${what}`}
        className={buttonClass("secondary", "small", className)}
      >
        {icon}
        <span className="min-w-[3.25rem] text-start">
          {state === "copied" ? "Copied" : state === "failed" ? "Failed" : label}
        </span>
      </button>
    );
  }
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={`Copy ${what}`}
      title={state === "failed" ? "Could not copy" : `Copy ${what}`}
      className={cx(
        "inline-grid size-8 shrink-0 place-items-center rounded-control text-muted transition-colors hover:bg-hover hover:text-ink",
        className,
      )}
    >
      {icon}
    </button>
  );
}
