import { Info } from "lucide-react";
import Link from "next/link";
import type { ConnectionView } from "#lib/contract/views.ts";
import { inert } from "#lib/client/format.ts";

interface ConnectedAlreadyProps {
  readonly connections: readonly ConnectionView[];
}

/** more than these are a link to all of them */
const shown = 5;

/** Which accounts of this provider are connected already. Connecting one again is allowed, and said to be a second one. */
export function ConnectedAlready({ connections }: ConnectedAlreadyProps) {
  if (connections.length === 0) return null;
  const rest = connections.length - shown;
  return (
    <div className="mb-6 flex gap-3 text-sm">
      <Info aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" strokeWidth={1.8} />
      <div className="min-w-0">
        <p className="font-medium">Already connected</p>
        <ul className="mt-0.5">
          {connections.slice(0, shown).map((connection) => (
            <li key={connection.id} className="min-w-0">
              <Link
                href={`/connections/${connection.id}`}
                className="inline-block max-w-full truncate py-0.5 text-accent-ink underline underline-offset-2"
              >
                {inert(connection.account?.email ?? connection.account?.label ?? connection.name)}
              </Link>
            </li>
          ))}
          {rest > 0 ? (
            <li>
              <Link href="/connections" className="py-0.5 text-accent-ink underline underline-offset-2">
                and {rest} more
              </Link>
            </li>
          ) : null}
        </ul>
        <p className="text-muted">
          Connecting the same account again makes a second connection with documents of its own. To repair one, open it
          and press Reconnect.
        </p>
      </div>
    </div>
  );
}
