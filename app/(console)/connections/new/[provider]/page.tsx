import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ConnectedAlready } from "#components/connect/connected-already.tsx";
import { ConnectionForm } from "#components/connect/connection-form.tsx";
import { Consent } from "#components/connect/consent.tsx";
import { KeyFacts } from "#components/connect/key-facts.tsx";
import { AppRefused, NotReady } from "#components/connect/not-ready.tsx";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { listConnections, listProviders } from "#lib/connections/service.ts";
import { mayWrite } from "#lib/contract/principal.ts";
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
  const [provider, principal] = [await find(props), await requirePrincipal()];
  const connected =
    provider.auth === "oauth" && provider.connections
      ? await listConnections(principal, { provider: provider.id })
      : [];
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
      {provider.consent ? (
        <Consent consent={provider.consent} name={provider.name} />
      ) : (
        <KeyFacts provider={provider} />
      )}
      <ConnectedAlready connections={connected} />
      {provider.appRefused ? <AppRefused provider={provider} writes={mayWrite(principal)} /> : null}
      {provider.ready ? (
        <ConnectionForm provider={provider} origin={env().APP_URL} actions={connectActions} />
      ) : (
        <NotReady provider={provider} writes={mayWrite(principal)} />
      )}
    </>
  );
}
