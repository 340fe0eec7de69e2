import type { Metadata } from "next";
import Link from "next/link";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { setUpPath } from "#components/connect/set-up-path.ts";
import { NeedsSetup, Refused } from "#components/settings/app-badge.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { Section } from "#components/ui/card.tsx";
import { listProviders } from "#lib/connections/service.ts";
import { mayWrite } from "#lib/contract/principal.ts";
import type { ProviderView } from "#lib/contract/views.ts";
import { requirePrincipal } from "#lib/server/session.ts";

export const metadata: Metadata = { title: "New connection" };

const groups: readonly { readonly category: ProviderView["category"]; readonly title: string }[] = [
  { category: "workspace", title: "Workspaces" },
  { category: "drive", title: "Drives" },
  { category: "storage", title: "Storage" },
  { category: "web", title: "Web" },
];

export default async function NewConnectionPage() {
  const principal = await requirePrincipal();
  const providers = await listProviders(principal);
  return (
    <>
      <PageHeader
        crumbs={[{ href: "/connections", label: "Connections" }]}
        title="What do you want to connect?"
        description="Choose where the documents live. Nothing is read before you have seen what it will be."
      />
      <div className="space-y-8">
        {groups.map(({ category, title }) => {
          const tiles = providers.filter((provider) => provider.category === category);
          if (tiles.length === 0) return null;
          return (
            <Section key={category} id={`group-${category}`} title={title}>
              <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
                {tiles.map((provider) => (
                  <li key={provider.id} className="relative">
                    <Tile provider={provider} writes={mayWrite(principal)} />
                  </li>
                ))}
              </ul>
            </Section>
          );
        })}
      </div>
    </>
  );
}

const tileClass = "flex h-full items-start gap-4 rounded-card border border-line bg-surface p-4";

/** Leads on to what is to be done next: to connect it, or to set it up first. Who may not do that is told whom to ask. */
function Tile({ provider, writes }: { readonly provider: ProviderView; readonly writes: boolean }) {
  const content = (
    <>
      <ProviderIcon provider={provider.id} className="size-11" />
      <span className="min-w-0">
        <span className="flex flex-wrap items-baseline gap-x-2 font-semibold">
          {provider.name}
          {provider.connections ? (
            <span className="text-2xs font-normal text-muted">Already connected ({provider.connections})</span>
          ) : null}
        </span>
        <span className="mt-0.5 block text-sm text-muted">{provider.summary}</span>
        {provider.ready && !provider.appRefused ? null : (
          <span className="mt-2 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
            {provider.ready ? <Refused /> : <NeedsSetup />}
            {writes ? null : "Ask an owner or admin."}
          </span>
        )}
      </span>
    </>
  );
  if (!provider.ready && !writes) return <div className={tileClass}>{content}</div>;
  return (
    <Link
      href={provider.ready ? `/connections/new/${provider.id}` : setUpPath(provider.id)}
      className={`${tileClass} transition-colors hover:border-accent hover:bg-hover/60`}
    >
      {content}
    </Link>
  );
}
