import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { ChooseForm } from "#components/connections/choose-form.tsx";
import { Banner } from "#components/ui/banner.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { inert } from "#lib/client/format.ts";
import { findConnection } from "../../find-connection.ts";
import { choose } from "./actions.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Choose what to sync · ${inert((await findConnection((await params).id)).name)}` };
}

export default async function ChoosePage({ params }: Props) {
  const connection = await findConnection((await params).id);
  if (!connection.selection) notFound();
  return (
    <>
      <PageHeader
        crumbs={[
          { href: "/connections", label: "Connections" },
          { href: `/connections/${connection.id}`, label: inert(connection.name) },
        ]}
        icon={<ProviderIcon provider={connection.provider} className="size-11" />}
        title="Choose what to sync"
        description={`Folders are synced with everything in them, also what is added later. You see what ${inert(connection.account?.label ?? connection.name)} may open at ${connection.providerName}.`}
      />
      {connection.reconnects && connection.status === "needs_reconnect" ? (
        <Banner
          tone="bad"
          title="The account has to be reconnected first"
          actions={
            <ButtonLink href={`/connections/${connection.id}`} size="small">
              Go to the connection
            </ButtonLink>
          }
        >
          {connection.providerName} gives no access any more, so there is nothing to choose from. What was chosen before
          stays chosen.
        </Banner>
      ) : (
        <ChooseForm connectionId={connection.id} selection={connection.selection} choose={choose} />
      )}
    </>
  );
}
