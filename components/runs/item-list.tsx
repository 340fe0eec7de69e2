import Link from "next/link";
import { reasons } from "#lib/contract/reasons.ts";
import type { RunItemView } from "#lib/contract/views.ts";
import { inert } from "#lib/client/format.ts";
import { cx } from "#components/ui/cx.ts";
import { verdictLooks } from "./run-words.ts";

export type Item = Pick<RunItemView, "id" | "verdict" | "title" | "externalId" | "documentId" | "reason" | "detail">;

/** Items with what was decided, why, and what to do about it. */
export function ItemList({ items, empty }: { readonly items: readonly Item[]; readonly empty: string }) {
  if (items.length === 0) {
    return <p className="rounded-card border border-dashed border-line px-4 py-8 text-center text-muted">{empty}</p>;
  }
  return (
    <ul className="overflow-hidden rounded-card border border-line bg-surface">
      {items.map((item) => (
        <ItemRow key={item.id} item={item} />
      ))}
    </ul>
  );
}

function ItemRow({ item }: { readonly item: Item }) {
  const { words, icon: Icon, ink } = verdictLooks[item.verdict];
  const reason = item.reason ? reasons[item.reason] : undefined;
  const title = inert(item.title) || inert(item.externalId);
  const linked = item.documentId !== null && item.verdict !== "removed";
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1.5 border-b border-line px-4 py-3 last:border-0 sm:flex-nowrap">
      <p className={cx("flex w-24 shrink-0 items-center gap-1.5 text-sm font-medium", ink)}>
        <Icon aria-hidden className="size-4 shrink-0" />
        {words}
      </p>
      <div className="min-w-0 flex-1 basis-60">
        {linked ? (
          <Link
            href={`/documents/${item.documentId}`}
            prefetch={false}
            dir="auto"
            className="font-medium hover:underline"
          >
            {title}
          </Link>
        ) : (
          <p dir="auto" className="font-medium">
            {title}
          </p>
        )}
        {inert(item.externalId) === title ? null : (
          <p className="font-mono text-2xs break-all text-muted" dir="auto">
            {inert(item.externalId)}
          </p>
        )}
        {item.reason ? (
          <p className="mt-1 text-sm">
            <span className="font-medium">{reason?.title ?? item.reason}.</span>{" "}
            <span className="text-muted">
              {item.detail ? `${sentence(inert(item.detail))} ` : null}
              {reason?.remedy}
            </span>
          </p>
        ) : null}
      </div>
    </li>
  );
}

const sentence = (text: string) => (/[.!?…]$/.test(text) ? text : `${text}.`);
