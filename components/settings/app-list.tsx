import { ChevronRight } from "lucide-react";
import Link from "next/link";
import type { OAuthAppView } from "#lib/contract/oauth-app.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { setUpPath } from "#components/connect/set-up-path.ts";
import { AppBadge } from "./app-badge.tsx";

/** Every provider that connects through OAuth, with whose app it uses. */
export function AppList({ apps }: { readonly apps: readonly OAuthAppView[] }) {
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-card border border-line bg-surface">
      {apps.map((app) => (
        <li key={app.provider}>
          <Link
            href={setUpPath(app.provider)}
            className="flex items-center gap-4 px-4 py-3.5 transition-colors hover:bg-hover/60 focus-visible:-outline-offset-2 sm:px-5"
          >
            <ProviderIcon provider={app.provider} className="size-9" />
            <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1">
              <span className="min-w-0 flex-1 basis-40">
                <span className="block font-medium">{app.providerName}</span>
                <span className="block text-sm text-muted">{wordsOf(app)}</span>
              </span>
              <AppBadge source={app.source} own={app.own} />
            </span>
            <ChevronRight aria-hidden className="size-4 shrink-0 text-muted" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function wordsOf({ own, source, providerName }: OAuthAppView): string {
  if (own && !own.enabled) return "Your own app is switched off";
  if (own?.refusedAt) return `${providerName} does not accept this app’s id and secret`;
  if (own && own.connections > 0)
    return `${own.connections} ${own.connections === 1 ? "connection uses" : "connections use"} it`;
  if (source === null) return "Nobody can connect an account yet";
  return "Ready to connect accounts";
}
