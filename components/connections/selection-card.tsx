"use client";

import { counted, inert } from "#lib/client/format.ts";
import { kindIcons } from "#components/connect/kind-icons.ts";
import { ButtonLink } from "#components/ui/button.tsx";
import { Card } from "#components/ui/card.tsx";
import { useConnection } from "./connection-context.tsx";

const mostShown = 6;

/** What of the source is synced, and the way to change it; nothing for sources that are synced whole. */
export function SelectionCard() {
  const { data: connection } = useConnection();
  const { selection } = connection;
  if (!selection) return null;
  const { chosen } = selection;
  const more = chosen.length - mostShown;
  return (
    <Card className="p-4 sm:p-5">
      <div className="mb-3 flex items-center justify-between gap-3">
        <h2 className="text-base font-semibold">What is synced</h2>
        <ButtonLink href={`/connections/${connection.id}/choose`} size="small">
          {selection.needed ? "Choose" : "Change"}
          <span className="sr-only"> what is synced</span>
        </ButtonLink>
      </div>
      {chosen.length ? (
        <ul className="space-y-1.5 text-sm">
          {chosen.slice(0, mostShown).map((one) => {
            const Icon = kindIcons[one.kind];
            return (
              <li key={one.id} className="flex items-center gap-2">
                <Icon aria-hidden className="size-4 shrink-0 text-muted" strokeWidth={1.6} />
                <span dir="auto" className="min-w-0 truncate">
                  {inert(one.name) || one.id}
                </span>
              </li>
            );
          })}
          {more > 0 ? <li className="text-muted">and {counted(more, ["other", "others"])}</li> : null}
        </ul>
      ) : (
        <p className="text-sm text-muted">
          {selection.needed ? "Nothing yet: nobody has chosen." : "Everything the account may open."}
        </p>
      )}
    </Card>
  );
}
