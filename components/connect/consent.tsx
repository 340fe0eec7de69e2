import { Ban, Eye, PowerOff, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { ConsentView } from "#lib/contract/views.ts";
import { Card } from "#components/ui/card.tsx";

interface ConsentProps {
  readonly consent: ConsentView;
  /** the provider's name */
  readonly name: string;
}

/** What somebody agrees to, in words, before they are sent to the provider. */
export function Consent({ consent, name }: ConsentProps) {
  return (
    <Card className="mb-6 p-5 sm:p-6">
      <div className="grid gap-x-8 gap-y-5 md:grid-cols-3">
        <Part icon={Eye} title="What will be read">
          <Lines lines={consent.reads} />
        </Part>
        <Part icon={Ban} title="What never happens">
          <Lines lines={consent.never} />
        </Part>
        <Part icon={PowerOff} title="How to stop">
          <p>Pause or delete it here at any time; you decide whether the documents stay.</p>
          <p className="mt-1.5">At the provider: {consent.stop}</p>
        </Part>
      </div>
      <p className="mt-5 border-t border-line pt-4 text-sm text-muted">
        {consent.scopes.length
          ? `${name} will ask you to allow: ${consent.scopes.map(({ words }) => words).join(" · ")}. `
          : null}
        Documents are kept in this installation’s own database; the access is sealed with its key and never shown.
      </p>
    </Card>
  );
}

function Part({ icon: Icon, title, children }: { icon: LucideIcon; title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 gap-3">
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" strokeWidth={1.8} />
      <div className="min-w-0 text-sm">
        <h2 className="font-medium">{title}</h2>
        <div className="mt-0.5 text-muted">{children}</div>
      </div>
    </section>
  );
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ul className="space-y-1">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
