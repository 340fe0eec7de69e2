"use client";

import { X } from "lucide-react";
import { useId, useRef } from "react";
import type { ChosenView } from "#lib/contract/views.ts";
import { count, inert } from "#lib/client/format.ts";
import { kindIcons } from "./kind-icons.ts";

interface ChosenListProps {
  readonly chosen: readonly ChosenView[];
  readonly onChange: (chosen: readonly ChosenView[]) => void;
  readonly whenEmpty: string;
}

/** What was chosen, wherever it is, each to be taken away again. */
export function ChosenList({ chosen, onChange, whenEmpty }: ChosenListProps) {
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const remove = (index: number) => {
    // The pressed button goes away with its row: the next one takes the keyboard over.
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    (buttons[index + 1] ?? buttons[index - 1] ?? title.current)?.focus();
    onChange(chosen.filter((_, i) => i !== index));
  };
  return (
    <section
      aria-labelledby={id}
      className="min-w-0 rounded-card border border-line bg-surface lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:overflow-y-auto"
    >
      <div className="flex items-center justify-between gap-3 border-b border-line px-4 py-3">
        <h2 id={id} ref={title} tabIndex={-1} className="text-sm font-semibold">
          Chosen
        </h2>
        <p role="status" className="text-sm text-muted tabular-nums">
          {count(chosen.length)}
          <span className="sr-only"> chosen</span>
        </p>
      </div>
      {chosen.length === 0 ? (
        <p className="px-4 py-6 text-sm text-muted">{whenEmpty}</p>
      ) : (
        <ul ref={list} className="py-1">
          {chosen.map((one, index) => {
            const Icon = kindIcons[one.kind];
            const name = inert(one.name) || one.id;
            return (
              <li key={one.id} className="flex items-center gap-2.5 ps-4 pe-1.5">
                <Icon aria-hidden className="size-4 shrink-0 text-muted" strokeWidth={1.6} />
                <span dir="auto" title={name} className="min-w-0 flex-1 truncate py-1.5 text-sm">
                  {name}
                </span>
                <button
                  type="button"
                  aria-label={`Take ${name} away`}
                  onClick={() => remove(index)}
                  className="inline-grid size-11 shrink-0 place-items-center rounded-control text-muted hover:bg-hover hover:text-ink sm:size-8"
                >
                  <X aria-hidden className="size-4" />
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
