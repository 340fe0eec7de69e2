import { Ban, Eye, type LucideIcon } from "lucide-react";
import type { ConsentView } from "#lib/contract/views.ts";

/** What will be read and what never happens, short enough for a phone. */
export function ConsentLines({ consent }: { readonly consent: ConsentView }) {
  return (
    <div className="mt-5 space-y-4">
      <Lines icon={Eye} title="What will be read" lines={consent.reads} />
      <Lines icon={Ban} title="What never happens" lines={consent.never} />
    </div>
  );
}

interface LinesProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly lines: readonly string[];
}

function Lines({ icon: Icon, title, lines }: LinesProps) {
  if (lines.length === 0) return null;
  return (
    <section className="flex gap-3">
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" strokeWidth={1.8} />
      <div className="min-w-0 text-[0.9375rem]">
        <h2 className="font-medium">{title}</h2>
        <ul className="mt-0.5 space-y-0.5 text-muted">
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}
