"use client";

import { useState } from "react";
import type { AccessScope } from "#lib/contract/access.ts";
import { keyExample } from "#lib/client/key-snippets.ts";
import { exampleLanguages, type ExampleLanguage } from "#lib/contract/examples/example.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { cx } from "#components/ui/cx.ts";

interface KeySnippetProps {
  readonly origin: string;
  readonly scopes: readonly AccessScope[];
}

/** A first call with the key, to copy. */
export function KeySnippet({ origin, scopes }: KeySnippetProps) {
  const [language, setLanguage] = useState<ExampleLanguage>("curl");
  const text = keyExample(origin, scopes)[language];
  return (
    <section aria-label="A first call" className="mb-5 overflow-hidden rounded-control border border-line">
      <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line p-1.5">
        <fieldset className="flex gap-0.5">
          <legend className="sr-only">Language of the example</legend>
          {exampleLanguages.map((name) => (
            <label
              key={name}
              className={cx(
                "relative inline-flex min-h-9 cursor-pointer items-center rounded-control px-2.5 text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent sm:min-h-8",
                language === name ? "bg-accent-soft text-accent-ink" : "text-muted hover:text-ink",
              )}
            >
              <input
                type="radio"
                name="key-snippet-language"
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
        className="max-h-56 overflow-auto bg-sunken p-3 font-mono text-[0.8125rem] leading-relaxed focus-visible:-outline-offset-2"
      >
        <code className="[overflow-wrap:normal]">{text}</code>
      </pre>
    </section>
  );
}
