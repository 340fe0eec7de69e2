"use client";

import { Search, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { ChosenView, ResourceView } from "#lib/contract/views.ts";
import { inert } from "#lib/client/format.ts";
import type { LoadResources } from "#lib/client/resources.ts";
import { Button } from "#components/ui/button.tsx";
import { cx } from "#components/ui/cx.ts";
import { controlClass } from "#components/ui/field.tsx";
import { ChosenList } from "./chosen-list.tsx";
import { ResourceRows } from "./resource-rows.tsx";

interface ResourcePickerProps {
  /** one page of a folder or a search; lib/client/resources.ts makes it of an address */
  readonly load: LoadResources;
  readonly chosen: readonly ChosenView[];
  readonly onChange: (chosen: readonly ChosenView[]) => void;
  /** what it means that nothing is chosen, as a sentence */
  readonly whenEmpty?: string;
  /** name of the top */
  readonly root?: string;
}

/** As many as the server takes. */
const mostChosen = 500;
const searchAfterMs = 300;

type Folder = Pick<ResourceView, "id" | "name">;

/**
 * Browses a source and chooses files and folders of it: folders open in place, a field finds by name, what is chosen
 * stays beside it. Knows nothing about where the list comes from. Needs <QueryProvider> above it.
 */
export function ResourcePicker({
  load,
  chosen,
  onChange,
  whenEmpty = "Nothing yet. Tick what should be synced.",
  root = "All files",
}: ResourcePickerProps) {
  const source = useId();
  const [path, setPath] = useState<readonly Folder[]>([]);
  const [typed, setTyped] = useState("");
  const search = useSettled(typed.trim());
  const [full, setFull] = useState(false);
  const here = path.at(-1);
  const included = path.find((folder) => chosen.some((one) => one.id === folder.id));

  const change = (next: readonly ChosenView[]) => {
    setFull(false);
    onChange(next);
  };
  const toggle = ({ id, name, kind }: ResourceView) => {
    if (chosen.some((one) => one.id === id)) return change(chosen.filter((one) => one.id !== id));
    if (chosen.length >= mostChosen) return setFull(true);
    change([...chosen, { id, name, kind }]);
  };
  const open = (folder: Folder) => {
    // Where a found folder is, only the source knows: the way up leads to the top.
    setPath(search === "" ? [...path, folder] : [folder]);
    setTyped("");
  };

  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <div className="min-w-0">
        <div role="search" className="relative mb-3">
          <Search aria-hidden className="pointer-events-none absolute inset-y-0 left-3 my-auto size-4 text-muted" />
          <input
            type="search"
            aria-label="Find files and folders by name"
            placeholder="Find by name…"
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              // inside a form Enter would send it
              if (event.key === "Enter") event.preventDefault();
              if (event.key === "Escape" && typed !== "") {
                event.preventDefault();
                setTyped("");
              }
            }}
            className={cx(controlClass, "ps-9 pe-11 [&::-webkit-search-cancel-button]:hidden")}
          />
          {typed === "" ? null : (
            <button
              type="button"
              aria-label="Clear the search"
              onClick={() => setTyped("")}
              className="absolute inset-y-0 right-1 my-auto inline-grid size-9 place-items-center rounded-control text-muted hover:bg-hover hover:text-ink sm:size-7"
            >
              <X aria-hidden className="size-4" />
            </button>
          )}
        </div>
        <div className="flex h-[clamp(18rem,46dvh,28rem)] flex-col overflow-hidden rounded-card border border-line bg-surface">
          {search === "" ? (
            <Crumbs root={root} path={path} onGo={(depth) => setPath(path.slice(0, depth))} />
          ) : (
            <p className="flex min-h-12 shrink-0 items-center border-b border-line bg-sunken px-4 text-sm font-medium">
              Found by name
            </p>
          )}
          <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
            <ResourceRows
              key={`${here?.id ?? ""} ${search}`}
              load={load}
              source={source}
              parent={search === "" ? (here?.id ?? null) : null}
              search={search === "" ? null : search}
              isChosen={(id) => chosen.some((one) => one.id === id)}
              includedIn={search === "" ? (included?.name ?? null) : null}
              onToggle={toggle}
              onOpen={open}
            />
          </div>
        </div>
        {full ? (
          <p role="alert" className="mt-3 text-sm text-bad">
            No more than {mostChosen} can be chosen one by one. Choose a folder that holds them.
          </p>
        ) : null}
      </div>
      <ChosenList chosen={chosen} onChange={change} whenEmpty={whenEmpty} />
    </div>
  );
}

interface CrumbsProps {
  readonly root: string;
  readonly path: readonly Folder[];
  /** 0 = the top */
  readonly onGo: (depth: number) => void;
}

/** The way up. Whoever opens a folder continues reading here: its name has the focus then. */
function Crumbs({ root, path, onGo }: CrumbsProps) {
  const current = useRef<HTMLSpanElement>(null);
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== path) current.current?.focus();
    before.current = path;
  }, [path]);
  const names = [root, ...path.map((folder) => inert(folder.name) || "Untitled")];
  return (
    <nav aria-label="Folder" className="shrink-0 border-b border-line bg-sunken px-2">
      <ol className="flex min-h-12 flex-wrap items-center text-sm">
        {names.map((name, depth) => (
          // A folder may lie in one of the same name, so the place is its key.
          <li key={depth === 0 ? "" : path[depth - 1]?.id} className="flex max-w-full min-w-0 items-center">
            {depth > 0 ? (
              <span aria-hidden className="text-muted">
                /
              </span>
            ) : null}
            {depth === names.length - 1 ? (
              <span
                ref={current}
                tabIndex={-1}
                aria-current="location"
                dir="auto"
                className="truncate rounded-control px-2 py-1 font-medium"
              >
                {name}
              </span>
            ) : (
              <Button tone="quiet" size="small" className="max-w-48 px-2!" onClick={() => onGo(depth)}>
                <span dir="auto" className="max-w-44 truncate">
                  {name}
                </span>
              </Button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** The text once nobody has typed for a moment; an emptied field counts at once. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), searchAfterMs);
    return () => clearTimeout(timer);
  }, [text]);
  return text === "" ? "" : settled;
}
