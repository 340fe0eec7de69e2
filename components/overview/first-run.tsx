import { ArrowRight, Check } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import type { ProviderView } from "#lib/contract/views.ts";
import { counted } from "#lib/client/format.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { setUpPath } from "#components/connect/set-up-path.ts";
import { NeedsSetup, Refused } from "#components/settings/app-badge.tsx";
import { cx } from "#components/ui/cx.ts";
import { StreamsArt } from "#components/ui/logo.tsx";

interface FirstRunProps {
  readonly providers: readonly ProviderView[];
  readonly hasKey: boolean;
  /** kept from deleted connections */
  readonly documents: number;
}

/** The overview before anything is connected: the one next step, and what comes after. */
export function FirstRun({ providers, hasKey, documents }: FirstRunProps) {
  return (
    <div className="mx-auto max-w-3xl">
      <header className="mb-8 pt-2 text-center sm:pt-8">
        <StreamsArt className="mx-auto mb-6 h-20 w-56" />
        <h1 className="text-[1.75rem] leading-9 font-semibold tracking-[-0.025em]">Connect your first source</h1>
        <p className="mx-auto mt-2 max-w-[52ch] text-muted">
          Tributary reads it once, keeps clean and tagged documents of it, and follows every change from then on.
        </p>
        {documents ? (
          <p className="mt-2 text-sm">
            <Link href="/documents" className="text-accent-ink underline underline-offset-2">
              {counted(documents, ["document", "documents"])} kept from earlier connections
            </Link>
          </p>
        ) : null}
      </header>
      <ul className="grid gap-3 sm:grid-cols-2">
        {providers.map((provider) => (
          <li key={provider.id}>
            <Link
              href={provider.ready ? `/connections/new/${provider.id}` : setUpPath(provider.id)}
              className="group flex h-full items-start gap-4 rounded-card border border-line bg-surface p-5 transition-colors hover:border-accent"
            >
              <ProviderIcon provider={provider.id} className="size-12" />
              <span className="min-w-0 flex-1">
                <span className="block font-semibold">{provider.name}</span>
                <span className="mt-0.5 block text-sm text-muted">{provider.summary}</span>
                {provider.ready && !provider.appRefused ? null : (
                  <span className="mt-2 block">{provider.ready ? <Refused /> : <NeedsSetup />}</span>
                )}
              </span>
              <ArrowRight aria-hidden className="mt-1 size-5 shrink-0 text-muted group-hover:text-accent-ink" />
            </Link>
          </li>
        ))}
      </ul>
      <section aria-labelledby="first-steps" className="mt-10">
        <h2 id="first-steps" className="mb-3 text-base font-semibold">
          First steps
        </h2>
        <ol className="overflow-hidden rounded-card border border-line bg-surface">
          <Step done>Create the owner account</Step>
          <Step done={hasKey}>
            {hasKey ? (
              "Get an API key"
            ) : (
              <Link href="/keys" className="text-accent-ink underline underline-offset-2">
                Get an API key
              </Link>
            )}
          </Step>
          <Step done={false}>Connect a source</Step>
          <Step done={documents > 0}>See the first documents arrive</Step>
        </ol>
      </section>
    </div>
  );
}

function Step({ done, children }: { readonly done: boolean; readonly children: ReactNode }) {
  return (
    <li className="flex items-center gap-3 border-b border-line px-4 py-3 last:border-0">
      <span
        className={cx(
          "grid size-6 shrink-0 place-items-center rounded-full border",
          done ? "border-transparent bg-good-soft text-good" : "border-line-strong text-transparent",
        )}
      >
        <Check aria-hidden className="size-4" strokeWidth={2.4} />
      </span>
      <span className={done ? "text-muted" : "font-medium"}>
        {children}
        <span className="sr-only">{done ? " (done)" : " (to do)"}</span>
      </span>
    </li>
  );
}
