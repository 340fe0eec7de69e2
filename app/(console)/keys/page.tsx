import type { Metadata } from "next";
import { CreateKey } from "#components/keys/create-key.tsx";
import { KeyList } from "#components/keys/key-list.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { env } from "#lib/env.ts";
import { browseKeys } from "#lib/keys/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { createApiKey, revokeApiKey } from "./actions.ts";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const principal = await requirePrincipal();
  const { items: keys } = await browseKeys(principal);
  return (
    <>
      <PageHeader
        title="API keys"
        description={
          <>
            For programs: they send a key as <code className="font-mono text-[0.9em]">Authorization: Bearer …</code> to{" "}
            <code className="font-mono text-[0.9em] break-all">{env().APP_URL}/v3</code>
          </>
        }
        actions={<CreateKey create={createApiKey} />}
      />
      {keys.length ? (
        <KeyList keys={keys} revoke={revokeApiKey} now={new Date().toISOString()} />
      ) : (
        <EmptyState title="No API keys yet">
          Create one for each program, so that you can take back one without stopping the others.
        </EmptyState>
      )}
    </>
  );
}
