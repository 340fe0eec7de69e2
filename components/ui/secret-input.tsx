"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState, type ComponentProps } from "react";
import { controlClass } from "./field.tsx";
import { cx } from "./cx.ts";

/** A password or secret: hidden by default, paste allowed, no guessing by the browser unless asked. */
export function SecretInput({
  what,
  className,
  autoComplete = "new-password",
  ...rest
}: ComponentProps<"input"> & { readonly what: string }) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div className="relative">
      <input
        {...rest}
        type={shown ? "text" : "password"}
        autoComplete={autoComplete}
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        className={cx(controlClass, "pe-11", className)}
      />
      <button
        type="button"
        aria-label={`Show ${what}`}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="absolute inset-y-0 right-0 grid w-11 place-items-center rounded-control text-muted hover:text-ink sm:w-10"
      >
        <Icon aria-hidden className="size-4" />
      </button>
    </div>
  );
}
