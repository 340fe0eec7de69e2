"use client";

import { Search } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTransition, type FormEvent } from "react";
import { inert } from "#lib/client/format.ts";
import { query } from "#lib/client/params.ts";
import { containerTagPattern } from "#lib/contract/container-tag.ts";
import { Button } from "#components/ui/button.tsx";
import { cx } from "#components/ui/cx.ts";
import { controlClass } from "#components/ui/field.tsx";

export interface FilterOption {
  readonly value: string;
  readonly label: string;
}

interface DocumentFiltersProps {
  readonly path: string;
  /** what the address says, by parameter */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** left out where all documents are of one connection */
  readonly providers?: readonly FilterOption[];
  readonly connections?: readonly FilterOption[];
}

const statuses: readonly FilterOption[] = [
  { value: "done", label: "Ready" },
  { value: "processing", label: "Being processed" },
  { value: "failed", label: "Failed" },
];

/** As the extraction and the connectors name them (lib/extract/types.ts). */
const types: readonly FilterOption[] = [
  { value: "text", label: "Text" },
  { value: "pdf", label: "PDF" },
  { value: "webpage", label: "Web page" },
  { value: "notion_doc", label: "Notion page" },
  { value: "google_doc", label: "Google document" },
  { value: "google_sheet", label: "Google sheet" },
  { value: "google_slide", label: "Google slides" },
  { value: "onedrive", label: "Office file" },
];

/** Search and filters live in the address. Without script it is a plain form. */
export function DocumentFilters({ path, values, providers, connections }: DocumentFiltersProps) {
  const router = useRouter();
  const [pending, start] = useTransition();
  const active = Object.values(values).some((value) => value !== undefined);

  const { tag } = values;
  const noTag = tag !== undefined && !containerTagPattern.test(tag);

  const go = (form: HTMLFormElement) => {
    const asked = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const);
    start(() => router.push(`${path}${query(Object.fromEntries(asked))}`, { scroll: false }));
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    go(event.currentTarget);
  };
  const choose = (name: string, label: string, all: string, options: readonly FilterOption[]) => (
    <select
      // what the address says counts, also after Back
      key={`${name}=${values[name] ?? ""}`}
      name={name}
      aria-label={label}
      defaultValue={values[name] ?? ""}
      onChange={(event) => event.currentTarget.form && go(event.currentTarget.form)}
      className={cx(controlClass, "sm:w-auto sm:max-w-48", values[name] !== undefined && "border-accent")}
    >
      <option value="">{all}</option>
      {values[name] !== undefined && !options.some(({ value }) => value === values[name]) ? (
        <option value={values[name]}>{inert(values[name])}</option>
      ) : null}
      {options.map(({ value, label: words }) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  );

  return (
    <form action={path} role="search" aria-busy={pending || undefined} onSubmit={submit} className="mb-4 space-y-2">
      <div className="flex max-w-xl gap-2">
        <div className="relative min-w-0 flex-1">
          <Search aria-hidden className="pointer-events-none absolute inset-y-0 left-3 my-auto size-4 text-muted" />
          <input
            key={values["q"]}
            type="search"
            name="q"
            maxLength={500}
            aria-label="Search in documents"
            placeholder="Words in documents…"
            defaultValue={values["q"]}
            className={cx(controlClass, "ps-9")}
          />
        </div>
        <Button type="submit" busy={pending}>
          Search
        </Button>
      </div>
      <div className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap sm:items-center">
        {providers?.length ? choose("provider", "Source", "All sources", providers) : null}
        {connections?.length ? choose("connection", "Connection", "All connections", connections) : null}
        {choose("status", "Status", "Any status", statuses)}
        {choose("type", "Type", "Any type", types)}
        <input
          key={`tag=${tag ?? ""}`}
          name="tag"
          aria-label="Container tag"
          placeholder="Container tag"
          maxLength={100}
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
          aria-invalid={noTag || undefined}
          aria-describedby={noTag ? "filter-tag-problem" : undefined}
          defaultValue={tag}
          className={cx(controlClass, "sm:w-40", tag !== undefined && "border-accent")}
        />
        {active ? (
          <Link
            href={path}
            className="inline-flex min-h-11 items-center px-1 text-sm text-accent-ink underline underline-offset-2 sm:min-h-9"
          >
            Reset
          </Link>
        ) : null}
      </div>
      {noTag ? (
        <p id="filter-tag-problem" role="alert" className="text-sm text-bad">
          “{inert(tag)}” cannot be a container tag: name one, of letters, digits, hyphens, underscores, colons and dots.
        </p>
      ) : null}
    </form>
  );
}
