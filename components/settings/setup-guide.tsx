import { ExternalLink } from "lucide-react";
import type { OAuthSetupView } from "#lib/contract/oauth-app.ts";
import { Card } from "#components/ui/card.tsx";
import { buttonClass } from "#components/ui/button.tsx";
import { Copyable } from "#components/ui/copyable.tsx";

/** How to make the app at the provider, with the addresses to copy. */
export function SetupGuide({ setup }: { readonly setup: OAuthSetupView }) {
  const [first = "", ...others] = setup.redirectUris;
  return (
    <Card className="divide-y divide-line">
      <div className="px-4 py-4 sm:px-5">
        <ol className="list-decimal space-y-1.5 ps-5 text-sm marker:text-muted">
          {setup.steps.map((step) => (
            <li key={step} className="ps-1">
              {step}
            </li>
          ))}
        </ol>
        <a href={setup.url} target="_blank" rel="noreferrer" className={buttonClass("secondary", "normal", "mt-4")}>
          Open {setup.where}
          <ExternalLink aria-hidden className="size-4" />
          <span className="sr-only">(new tab)</span>
        </a>
      </div>
      <div className="px-4 py-4 sm:px-5">
        <h3 className="text-sm font-medium">Redirect URI, to be registered letter by letter</h3>
        <Copyable text={first} what="redirect URI" />
        {others.map((other) => (
          <p key={other} className="mt-2 text-sm text-muted">
            Registered already as <code className="font-mono text-[0.8125rem] break-all">{other}</code>? It is served
            too, but new connections name the one above.
          </p>
        ))}
      </div>
      {setup.scopes.length ? (
        <div className="px-4 py-4 sm:px-5">
          <h3 className="text-sm font-medium">What it will ask for</h3>
          <ul className="mt-1.5 space-y-1.5 text-sm">
            {setup.scopes.map(({ name, words }) => (
              <li key={name} className="flex flex-wrap items-baseline gap-x-2">
                <span>{words}</span>
                <code className="font-mono text-[0.8125rem] break-all text-muted">{name}</code>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </Card>
  );
}
