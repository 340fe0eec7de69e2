"use client";

import { ChevronDown, Search } from "lucide-react";
import { useState } from "react";
import { controlClass } from "#components/ui/field.tsx";
import { cx } from "#components/ui/cx.ts";
import { Method } from "./method.tsx";

export interface ContentsGroup {
  /** id of its part of the page */
  readonly anchor: string;
  readonly tag: string;
  readonly entries: readonly ContentsEntry[];
}

export interface ContentsEntry {
  /** id of its part of the page */
  readonly anchor: string;
  readonly method: string;
  readonly summary: string;
  /** what it is found by, in lower case */
  readonly words: string;
}

/** What is on the page, and a filter over it: parts that do not fit are hidden here and there alike. */
export function Contents({ groups }: { readonly groups: readonly ContentsGroup[] }) {
  const [filter, setFilter] = useState("");
  // On a phone the list would be in front of everything: there it opens when asked for.
  const [open, setOpen] = useState(false);
  const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (entry: ContentsEntry) => wanted.every((word) => entry.words.includes(word));
  const shown = groups.map((group) => ({ ...group, entries: group.entries.filter(fits) }));
  const count = shown.reduce((sum, group) => sum + group.entries.length, 0);
  const hidden = [
    ...groups.flatMap((group) => group.entries.filter((entry) => !fits(entry))),
    ...shown.filter((group) => group.entries.length === 0),
  ];
  return (
    <nav aria-label="Operations">
      {hidden.length > 0 ? (
        <style>{`${hidden.map(({ anchor }) => `#${anchor}`).join(",")}{display:none}`}</style>
      ) : null}
      <div className="relative">
        <Search aria-hidden className="absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted" />
        <input
          type="search"
          aria-label="Filter operations"
          placeholder="Filter"
          autoComplete="off"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className={cx(controlClass, "ps-9")}
        />
      </div>
      <p role="status" className={cx("mt-2 text-sm text-muted", wanted.length === 0 && "sr-only")}>
        {wanted.length === 0
          ? ""
          : count === 0
            ? "Nothing fits."
            : `${count} ${count === 1 ? "operation" : "operations"}`}
      </p>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="mt-2 flex min-h-11 w-full items-center justify-between rounded-control px-2 text-sm font-medium hover:bg-hover lg:hidden"
      >
        All operations
        <ChevronDown aria-hidden className={cx("size-4 text-muted transition-transform", open && "rotate-180")} />
      </button>
      <ul className={cx("mt-4 space-y-4 lg:block", !open && wanted.length === 0 && "hidden")}>
        {shown
          .filter((group) => group.entries.length > 0)
          .map((group) => (
            <li key={group.anchor}>
              <a
                href={`#${group.anchor}`}
                className="block rounded-control px-2 py-1 text-sm font-semibold hover:bg-hover"
              >
                {group.tag}
              </a>
              <ul>
                {group.entries.map((entry) => (
                  <li key={entry.anchor}>
                    <a
                      href={`#${entry.anchor}`}
                      className="flex min-h-11 items-center gap-2 rounded-control px-2 py-1 text-sm text-muted hover:bg-hover hover:text-ink lg:min-h-8"
                    >
                      <span className="min-w-0 flex-1">{entry.summary}</span>
                      <Method name={entry.method} className="shrink-0" />
                    </a>
                  </li>
                ))}
              </ul>
            </li>
          ))}
      </ul>
    </nav>
  );
}
