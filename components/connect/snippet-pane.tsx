"use client";

import { useState } from "react";
import type { ProviderView } from "#lib/contract/views.ts";
import type { ConnectionFormValues } from "#lib/client/connection-form.ts";
import { snippet, snippetLanguages, type SnippetLanguage } from "#lib/client/snippets.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { cx } from "#components/ui/cx.ts";

interface SnippetPaneProps {
  readonly origin: string;
  readonly provider: ProviderView;
  readonly values: ConnectionFormValues;
}

/** The same call as code, following the form as it is filled. */
export function SnippetPane({ origin, provider, values }: SnippetPaneProps) {
  const [language, setLanguage] = useState<SnippetLanguage>("curl");
  const text = snippet(language, origin, provider, values);
  return (
    <section aria-label="The same by API" className="overflow-hidden rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line p-2 ps-3">
        <fieldset className="flex gap-0.5">
          <legend className="sr-only">Language of the example</legend>
          {snippetLanguages.map((name) => (
            <label
              key={name}
              className={cx(
                "relative inline-flex min-h-9 cursor-pointer items-center rounded-control px-2.5 text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent sm:min-h-8",
                language === name ? "bg-accent-soft text-accent-ink" : "text-muted hover:text-ink",
              )}
            >
              <input
                type="radio"
                name="snippet-language"
                value={name}
                checked={language === name}
                onChange={() => setLanguage(name)}
                className="absolute inset-0 cursor-pointer appearance-none focus-visible:outline-none"
              />
              {name}
            </label>
          ))}
        </fieldset>
        <CopyButton text={text} what={`${language} example`} label="Copy" />
      </div>
      {/* scrollable, so reachable by keyboard */}
      <pre
        tabIndex={0}
        role="group"
        aria-label={`${language} example`}
        className="max-h-[26rem] overflow-auto p-4 font-mono text-[0.8125rem] leading-relaxed focus-visible:-outline-offset-2"
      >
        <code className="[overflow-wrap:normal]">{text}</code>
      </pre>
      <p className="border-t border-line px-4 py-3 text-sm text-muted">
        The same call by API. Secrets and the API key are read from the environment.
      </p>
    </section>
  );
}
