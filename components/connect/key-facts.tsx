import { Database, Eye, PowerOff } from "lucide-react";
import type { ProviderView } from "#lib/contract/views.ts";

/** What is good to know before a source is connected that needs nobody's consent. */
export function KeyFacts({ provider }: { readonly provider: ProviderView }) {
  const facts = [
    {
      icon: Eye,
      title: "What is read",
      text: `Only ${provider.noun[1]}, and only to read: nothing is ever changed at the source.`,
    },
    {
      icon: Database,
      title: "Where it is kept",
      text:
        provider.auth === "keys"
          ? "In this installation's own database. Secrets are sealed with its key; only their last four characters are shown again."
          : "In this installation's own database, nowhere else.",
    },
    {
      icon: PowerOff,
      title: "How to stop",
      text: "Pause or delete at any time; you decide whether the documents stay.",
    },
  ];
  return (
    <ul className="mb-6 grid gap-x-8 gap-y-4 sm:grid-cols-3">
      {facts.map(({ icon: Icon, title, text }) => (
        <li key={title} className="flex gap-3">
          <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-accent-ink" strokeWidth={1.8} />
          <p className="text-sm">
            <span className="block font-medium">{title}</span>
            <span className="text-muted">{text}</span>
          </p>
        </li>
      ))}
    </ul>
  );
}
