"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import type { ResourceView } from "#lib/contract/views.ts";
import { count, inert } from "#lib/client/format.ts";
import { Refusal } from "#lib/client/refusal.ts";
import type { LoadResources, ResourceQuery } from "#lib/client/resources.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { cx } from "#components/ui/cx.ts";
import { Skeleton } from "#components/ui/skeleton.tsx";
import { kindIcons } from "./kind-icons.ts";

interface ResourceRowsProps extends Pick<ResourceQuery, "parent" | "search"> {
  readonly load: LoadResources;
  /** keeps lists of different pickers apart */
  readonly source: string;
  readonly isChosen: (id: string) => boolean;
  /** a chosen folder that all of this is in */
  readonly includedIn: string | null;
  readonly onToggle: (resource: ResourceView) => void;
  readonly onOpen: (resource: ResourceView) => void;
}

/** What is in one folder, or what a search found, page by page. */
export function ResourceRows({ load, source, parent, search, includedIn, ...rest }: ResourceRowsProps) {
  const list = useInfiniteQuery({
    queryKey: ["resources", source, parent, search],
    queryFn: ({ pageParam, signal }) => load({ parent, search, page: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    // somebody is looking and can press: trying again by itself would only hide what is wrong
    retry: false,
    staleTime: 60_000,
    gcTime: 300_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const rows = useRef<HTMLUListElement>(null);
  const shown = useRef(0);
  const resources = [...new Map(list.data?.pages.flatMap((page) => page.resources).map((r) => [r.id, r])).values()];

  // The button that was pressed may be gone: the keyboard goes on at the first row it brought.
  useEffect(() => {
    if (shown.current === 0 || resources.length <= shown.current) return;
    rows.current?.children[shown.current]?.querySelector<HTMLElement>("input, button")?.focus();
    shown.current = 0;
  }, [resources.length]);

  if (list.isPending) return <Waiting />;
  if (list.data === undefined)
    return <Trouble error={list.error} again={() => void list.refetch()} busy={list.isFetching} />;
  return (
    <>
      <p role="status" className="sr-only">
        {counted(resources.length, list.hasNextPage)}
      </p>
      {includedIn === null ? null : (
        <p className="border-b border-line bg-accent-soft px-4 py-2.5 text-sm">
          All of this is synced, because “{inert(includedIn)}” is chosen.
        </p>
      )}
      {resources.length ? (
        <ul ref={rows} aria-label={search === null ? "Files and folders" : "Found"}>
          {resources.map((resource) => (
            <Row
              key={resource.id}
              resource={resource}
              included={includedIn !== null}
              found={search !== null}
              {...rest}
            />
          ))}
        </ul>
      ) : (
        <p className="px-4 py-12 text-center text-muted">
          {search === null ? "There is nothing in here." : `Nothing with “${inert(search)}” in its name was found.`}
        </p>
      )}
      {list.isFetchNextPageError ? (
        <Trouble error={list.error} again={() => void list.fetchNextPage()} busy={list.isFetchingNextPage} />
      ) : list.hasNextPage ? (
        <div className="flex justify-center p-3">
          <Button
            tone="quiet"
            busy={list.isFetchingNextPage}
            onClick={() => {
              shown.current = resources.length;
              void list.fetchNextPage();
            }}
          >
            Show more
          </Button>
        </div>
      ) : null}
    </>
  );
}

function counted(items: number, more: boolean): string {
  return `${count(items)} ${items === 1 ? "item" : "items"}${more ? ", and more" : ""}`;
}

function Waiting() {
  return (
    <div role="status">
      <span className="sr-only">Loading…</span>
      {[44, 30, 52, 36, 40, 28].map((width) => (
        <div key={width} className="flex h-13 items-center gap-3 border-b border-line px-4 last:border-0">
          <Skeleton className="size-5" />
          <Skeleton className="size-5" />
          <div style={{ width: `${width}%` }}>
            <Skeleton className="h-4" />
          </div>
        </div>
      ))}
    </div>
  );
}

function Trouble({
  error,
  again,
  busy,
}: {
  readonly error: unknown;
  readonly again: () => void;
  readonly busy: boolean;
}) {
  return (
    <div className="p-3">
      <Banner
        tone="bad"
        role="alert"
        title={error instanceof Error ? inert(error.message) : "The list could not be read."}
        actions={
          <Button size="small" busy={busy} onClick={again}>
            Try again
          </Button>
        }
      >
        {error instanceof Refusal && error.fix ? inert(error.fix) : "Try again in a while."}
      </Banner>
    </div>
  );
}

interface RowProps extends Pick<ResourceRowsProps, "isChosen" | "onToggle" | "onOpen"> {
  readonly resource: ResourceView;
  readonly included: boolean;
  readonly found: boolean;
}

/** The box chooses; the name of a folder opens it, the name of a file chooses it, too. */
function Row({ resource, included, found, isChosen, onToggle, onOpen }: RowProps) {
  const id = useId();
  const name = inert(resource.name) || "Untitled";
  const chosen = isChosen(resource.id);
  const Icon = kindIcons[resource.kind];
  const where = found && resource.path ? inert(resource.path) : null;
  const face = (
    <>
      <Icon
        aria-hidden
        className={cx("size-5 shrink-0", resource.opens ? "text-accent" : "text-muted")}
        strokeWidth={1.6}
      />
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block truncate">
          {name}
        </span>
        {where ? (
          <span dir="auto" className="block truncate text-sm text-muted">
            {where}
          </span>
        ) : null}
      </span>
    </>
  );
  const faceClass =
    "flex min-h-13 min-w-0 flex-1 items-center gap-3 py-2 pe-4 text-start focus-visible:-outline-offset-2";
  return (
    <li className="flex items-stretch border-b border-line last:border-0 hover:bg-hover/60">
      {/* the whole edge of the row is the box's */}
      <label className="grid w-12 shrink-0 place-items-center">
        <input
          id={id}
          type="checkbox"
          checked={chosen || included}
          disabled={included && !chosen}
          onChange={() => onToggle(resource)}
          aria-label={`Choose ${name}`}
          className="size-5"
        />
      </label>
      {resource.opens ? (
        <button
          type="button"
          onClick={() => onOpen(resource)}
          aria-label={`Open ${name}`}
          className={cx(faceClass, "group")}
        >
          {face}
          <ChevronRight aria-hidden className="size-4 shrink-0 text-muted group-hover:text-ink" />
        </button>
      ) : (
        <label htmlFor={id} className={faceClass}>
          {face}
        </label>
      )}
    </li>
  );
}
