import { Ban, Eye } from "lucide-react";
import type { ConsentView } from "#lib/contract/views.ts";

/** What will be read and what never happens, short enough for a phone. */
export function ConsentLines({ consent }: { readonly consent: ConsentView }) {
  const lines = [
    ...consent.reads.map((text) => ({ text, icon: Eye, says: "Will" })),
    ...consent.never.map((text) => ({ text, icon: Ban, says: "Will never" })),
  ];
  return (
    <ul className="mt-5 space-y-2.5 text-[0.9375rem]">
      {lines.map(({ text, icon: Icon, says }) => (
        <li key={says + text} className="flex gap-3">
          <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" strokeWidth={1.8} />
          <span className="min-w-0">
            <span className="text-muted">{says}: </span>
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}
