import type { ComponentProps } from "react";
import { cx } from "./cx.ts";

interface ChoiceProps extends Omit<ComponentProps<"input">, "title" | "type"> {
  /** one of several, or any of them */
  readonly type: "radio" | "checkbox";
  readonly title: string;
  readonly text?: string;
}

/** A choice with a line about what it means; all of it can be pressed. */
export function Choice({ title, text, className, ...input }: ChoiceProps) {
  return (
    <label
      className={cx(
        "flex cursor-pointer gap-3 rounded-control border border-line p-3 hover:bg-hover has-checked:border-accent has-disabled:cursor-not-allowed has-disabled:bg-sunken",
        className,
      )}
    >
      <input {...input} className="mt-0.5 size-5 shrink-0 accent-accent" />
      <span className="min-w-0">
        <span className="block text-sm font-medium">{title}</span>
        {text ? <span className="block text-sm text-muted">{text}</span> : null}
      </span>
    </label>
  );
}
