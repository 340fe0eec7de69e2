import type { Metadata } from "next";
import { ConnectionForm } from "#components/connect/connection-form.tsx";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { inert } from "#lib/client/format.ts";
import { getProvider } from "#lib/connections/service.ts";
import { env } from "#lib/env.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { connectActions } from "../../action-sets.ts";
import { findConnection } from "../../find-connection.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Edit · ${inert((await findConnection((await params).id)).name)}` };
}

export default async function EditConnectionPage({ params }: Props) {
  const connection = await findConnection((await params).id);
  const principal = await requirePrincipal();
  const provider = await getProvider(principal, connection.provider);
  const name = inert(connection.name);
  return (
    <>
      <PageHeader
        crumbs={[
          { href: "/connections", label: "Connections" },
          { href: `/connections/${connection.id}`, label: name },
        ]}
        icon={<ProviderIcon provider={connection.provider} className="size-11" />}
        title={`Edit ${name}`}
        description={
          connection.reconnects
            ? "Changed settings are checked with the provider before they are saved. To connect anew, use Reconnect on its page."
            : "Changed settings are checked with the provider before they are saved. Secrets stay as they are unless you replace them."
        }
      />
      <ConnectionForm provider={provider} origin={env().APP_URL} actions={connectActions} connection={connection} />
    </>
  );
}
