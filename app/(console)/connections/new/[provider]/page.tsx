import { Database, Eye, PowerOff } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ConnectionForm } from "#components/connect/connection-form.tsx";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { listProviders } from "#lib/connections/service.ts";
import type { ProviderView } from "#lib/contract/views.ts";
import { env } from "#lib/env.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { connectActions } from "../../action-sets.ts";

interface Props {
  readonly params: Promise<{ readonly provider: string }>;
}

async function find({ params }: Props): Promise<ProviderView> {
  const { provider: id } = await params;
  const principal = await requirePrincipal();
  const provider = (await listProviders(principal)).find((candidate) => candidate.id === id);
  if (!provider) notFound();
  return provider;
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: `Connect ${(await find(props)).name}` };
}

export default async function ConnectPage(props: Props) {
  const provider = await find(props);
  const many = provider.noun[1];
  const facts = [
    {
      icon: Eye,
      title: "What is read",
      text: `Only ${many}, and only to read: nothing is ever changed at the source.`,
    },
    {
      icon: Database,
      title: "Where it is kept",
      text:
        provider.auth === "keys"
          ? "In this installation's own database. Secrets are sealed with its key and never shown again."
          : "In this installation's own database, nowhere else.",
    },
    {
      icon: PowerOff,
      title: "How to stop",
      text: "Pause or delete at any time; you decide whether the documents stay.",
    },
  ];
  return (
    <>
      <PageHeader
        crumbs={[
          { href: "/connections", label: "Connections" },
          { href: "/connections/new", label: "New" },
        ]}
        icon={<ProviderIcon provider={provider.id} className="size-11" />}
        title={`Connect ${provider.name}`}
        description={provider.summary}
      />
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
      <ConnectionForm provider={provider} origin={env().APP_URL} actions={connectActions} />
    </>
  );
}
