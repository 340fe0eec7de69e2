import type { OlderPath } from "#lib/contract/reference-view.ts";
import { Method } from "./method.tsx";

/** Paths of earlier versions of the protocol, and where each is described. */
export function OlderPaths({ id, paths }: { readonly id: string; readonly paths: readonly OlderPath[] }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`} className="border-t border-line py-8">
      <h2 id={`${id}-title`} className="text-xl font-semibold">
        Older paths
      </h2>
      <p className="mt-1 max-w-3xl text-muted">
        Clients of earlier versions ask by these. They do the same as what they lead to here, and stay.
      </p>
      <ul className="mt-3 max-w-3xl">
        {paths.map(({ method, path, summary, instead }) => (
          <li
            key={`${method} ${path}`}
            className="grid grid-cols-[4rem_minmax(0,1fr)] items-baseline gap-x-2 border-t border-line py-2 sm:grid-cols-[4rem_minmax(0,1fr)_minmax(0,1fr)]"
          >
            <Method name={method} />
            <code className="justify-self-start">{path}</code>
            <span className="col-start-2 text-sm sm:col-start-3">
              {instead ? (
                <a href={`#${instead}`} className="text-accent-ink underline underline-offset-2">
                  {summary}
                </a>
              ) : (
                summary
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
