import type { Metadata } from "next";
import type { ReactNode } from "react";
import { CreateKey } from "#components/keys/create-key.tsx";
import { KeyList } from "#components/keys/key-list.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { count, counted } from "#lib/client/format.ts";
import { one, query, type SearchParams } from "#lib/client/params.ts";
import { mayManage } from "#lib/contract/principal.ts";
import { env } from "#lib/env.ts";
import { browseKeys, countKeys } from "#lib/keys/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { createApiKey, revokeApiKey, rotateApiKey, updateApiKey } from "./actions.ts";

export const metadata: Metadata = { title: "API keys" };

const actions = { create: createApiKey, update: updateApiKey, rotate: rotateApiKey, revoke: revokeApiKey };

export default async function KeysPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const params = await searchParams;
  const after = one(params["after"]);
  const revoked = one(params["show"]) === "revoked";
  const principal = await requirePrincipal();
  const [page, counts] = await Promise.all([browseKeys(principal, { after, revoked }), countKeys(principal)]);
  const origin = env().APP_URL;
  const may = mayManage(principal);
  const show = revoked ? "revoked" : undefined;
  return (
    <>
      <PageHeader
        title={revoked ? "Revoked API keys" : "API keys"}
        crumbs={revoked ? [{ href: "/keys", label: "API keys" }] : []}
        description={
          revoked ? (
            "Kept so that the activity they are named in can be understood. None of them works."
          ) : (
            <>
              For programs: they send a key as <code className="font-mono text-[0.9em]">Authorization: Bearer …</code>{" "}
              to <code className="font-mono text-[0.9em] wrap-anywhere">{origin}/v3</code>
            </>
          )
        }
        actions={may && !revoked ? <CreateKey create={createApiKey} origin={origin} /> : null}
      />
      {page.items.length ? (
        <KeyList keys={page.items} actions={may ? actions : undefined} origin={origin} />
      ) : (
        <Nothing revoked={revoked} after={after !== undefined} />
      )}
      {page.next || after ? (
        <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-between gap-2">
          {after ? <ButtonLink href={`/keys${query({ show })}`}>Back to the newest</ButtonLink> : <span />}
          {page.next ? <ButtonLink href={`/keys${query({ show, after: page.next })}`}>Older</ButtonLink> : null}
        </nav>
      ) : null}
      <Foot>
        {revoked ? (
          <ButtonLink href="/keys" tone="quiet">
            Show the {counted(counts.kept, ["key", "keys"])} not revoked
          </ButtonLink>
        ) : counts.revoked ? (
          <ButtonLink href="/keys?show=revoked" tone="quiet">
            Show {counts.revoked === 1 ? "the revoked key" : `${count(counts.revoked)} revoked keys`}
          </ButtonLink>
        ) : null}
      </Foot>
    </>
  );
}

function Foot({ children }: { readonly children: ReactNode }) {
  return children ? <p className="mt-6 flex justify-center">{children}</p> : null;
}

function Nothing({ revoked, after }: { readonly revoked: boolean; readonly after: boolean }) {
  if (after) return <EmptyState title="No older keys">This is the end of the list.</EmptyState>;
  if (revoked) return <EmptyState title="No revoked keys">Keys that are revoked are listed here.</EmptyState>;
  return (
    <EmptyState title="No API keys yet">
      Create one for each program, so that you can take back one without stopping the others.
    </EmptyState>
  );
}
