import { Info } from "lucide-react";
import Link from "next/link";
import type { ConnectionView } from "#lib/contract/views.ts";
import { inert, utc } from "#lib/client/format.ts";

interface ConnectedAlreadyProps {
  readonly connections: readonly ConnectionView[];
}

/** more than these are a link to all of them */
const shown = 5;

/** Which accounts of this provider are connected already. Connecting one again is allowed, and said to be a second one. */
export function ConnectedAlready({ connections }: ConnectedAlreadyProps) {
  if (connections.length === 0) return null;
  const rest = connections.length - shown;
  const names = namesOf(connections);
  return (
    <div className="mb-6 flex gap-3 text-sm">
      <Info aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" strokeWidth={1.8} />
      <div className="min-w-0">
        <p className="font-medium">Already connected</p>
        <ul className="mt-0.5">
          {connections.slice(0, shown).map((connection, index) => (
            <li key={connection.id} className="min-w-0">
              <Link
                href={`/connections/${connection.id}`}
                className="inline-block max-w-full truncate py-0.5 text-accent-ink underline underline-offset-2"
              >
                {names[index]}
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

/** By name; where that is not enough to tell them apart, with tags, and then with the time they were made. */
function namesOf(connections: readonly ConnectionView[]): string[] {
  const names = connections.map(({ name }) => inert(name));
  const tagged = connections.map(({ containerTags }, index) =>
    [names[index], ...(isAlone(names, index) ? [] : containerTags.map(inert))].join(" · "),
  );
  return connections.map(({ createdAt }, index) =>
    isAlone(tagged, index) ? (tagged[index] ?? "") : `${tagged[index] ?? ""} · since ${utc(createdAt)}`,
  );
}

function isAlone(texts: readonly (string | undefined)[], index: number): boolean {
  return texts.filter((text) => text === texts[index]).length === 1;
}
