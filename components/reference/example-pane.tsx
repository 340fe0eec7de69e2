"use client";

import { exampleLanguages, type PrintedExample } from "#lib/contract/examples/example.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { cx } from "#components/ui/cx.ts";
import { chooseLanguage, useLanguage } from "./language.ts";

interface ExamplePaneProps {
  readonly id: string;
  readonly summary: string;
  readonly example: PrintedExample;
}

/** An operation as code to copy. It runs as it is, with the key in the environment. */
export function ExamplePane({ id, summary, example }: ExamplePaneProps) {
  const language = useLanguage();
  const name = `${summary}: ${language} example`;
  return (
    <div className="overflow-hidden rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line p-2 ps-3">
        <fieldset className="flex gap-0.5">
          <legend className="sr-only">Language of the example: {summary}</legend>
          {exampleLanguages.map((each) => (
            <label
              key={each}
              className={cx(
                "relative inline-flex min-h-9 cursor-pointer items-center rounded-control px-2.5 text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent sm:min-h-8",
                language === each ? "bg-accent-soft text-accent-ink" : "text-muted hover:text-ink",
              )}
            >
              <input
                type="radio"
                name={`language-${id}`}
                value={each}
                checked={language === each}
                onChange={() => chooseLanguage(each)}
                className="absolute inset-0 cursor-pointer appearance-none focus-visible:outline-none"
              />
              {each}
            </label>
          ))}
        </fieldset>
        <CopyButton text={example[language]} what={name} label="Copy" />
      </div>
      <pre
        tabIndex={0}
        role="group"
        aria-label={name}
        className="max-h-[28rem] overflow-auto p-4 font-mono text-[0.8125rem] leading-relaxed focus-visible:-outline-offset-2"
      >
        <code className="[overflow-wrap:normal]">{example[language]}</code>
      </pre>
    </div>
  );
}
