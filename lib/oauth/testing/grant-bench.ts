import { randomBytes } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { env, setEnvForTests } from "#lib/env.ts";
import type { FakeOAuthOptions } from "#lib/testing/fake-oauth.ts";
import {
  startStubProvider,
  stubClientId,
  stubOAuthConnector,
  type StubProvider,
} from "#lib/testing/stub-oauth-connector.ts";
import { storeGrant } from "../grants.ts";
import type { GrantRef } from "../stored-grant.ts";

/** A provider on loopback and grants it has given, in the database of this process. */
export interface GrantBench {
  readonly provider: StubProvider;
  readonly organizationId: string;
  /** a grant, and a connection that uses it unless told otherwise; its tokens work at the provider */
  grant(options?: GrantOptions): Promise<GrantRef & { readonly connectionId: string }>;
  /** the row as it is now */
  row(ref: GrantRef): Promise<GrantRow>;
  failureKind(connectionId: string): Promise<string | null>;
  /** as if this had happened so many seconds earlier: the tokens came, and end */
  age(ref: GrantRef, seconds: number): Promise<void>;
  /** variables for a child process that works on the same grants */
  childValues(): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface GrantOptions {
  readonly connected?: boolean;
  readonly accountId?: string;
  /** null = the provider did not say */
  readonly expiresInSeconds?: number | null;
  readonly refreshable?: boolean;
  readonly clientId?: string;
}

export interface GrantRow {
  readonly version: number;
  readonly tokens: string;
  readonly lease_owner: string | null;
  readonly lease_fence: string;
  readonly leased: boolean;
  readonly dead_reason: string | null;
  readonly expires_at: Date | null;
}

export async function grantBench(organizationId: string, options: Partial<FakeOAuthOptions> = {}): Promise<GrantBench> {
  const provider = await startStubProvider(options);
  const sealingKeys = env().SEALING_KEYS ?? `test:${randomBytes(32).toString("base64")}`;
  setEnvForTests({ ...provider.env, SEALING_KEYS: sealingKeys });
  const connector = stubOAuthConnector();
  return {
    provider,
    organizationId,
    async grant(given = {}) {
      const { connected = true, expiresInSeconds = 3_600, refreshable = true, clientId = stubClientId } = given;
      const account = provider.oauth.accounts.find(({ id }) => id === given.accountId) ?? provider.oauth.accounts[0];
      if (!account) throw new Error("there is no account");
      const { accessToken, refreshToken } = provider.oauth.issue(account, clientId);
      const ref = { id: newId(), organizationId };
      await storeGrant({
        ...ref,
        provider: connector.id,
        clientId,
        reply: {
          accessToken,
          refreshToken: refreshable ? refreshToken : null,
          expiresAt: expiresInSeconds === null ? null : new Date(Date.now() + expiresInSeconds * 1_000),
          scopes: null,
          facts: {},
        },
      });
      const connectionId = newId();
      await pool().query("update grants set account_id = $2 where id = $1", [ref.id, account.id]);
      if (connected)
        await pool().query(
          `insert into connections (id, organization_id, provider, container_tags, grant_id, account_id)
           values ($1, $2, $3, '{}', $4, $5)`,
          [connectionId, organizationId, connector.id, ref.id, account.id],
        );
      return { ...ref, connectionId };
    },
    async row({ id }) {
      const { rows } = await pool().query<GrantRow>(
        `select version, tokens, lease_owner, lease_fence::text, coalesce(lease_until > clock_timestamp(), false) as leased,
                dead_reason, expires_at
         from grants where id = $1`,
        [id],
      );
      if (!rows[0]) throw new Error("the grant is gone");
      return rows[0];
    },
    async failureKind(connectionId) {
      const { rows } = await pool().query<{ failure_kind: string | null }>(
        "select failure_kind from connections where id = $1",
        [connectionId],
      );
      return rows[0]?.failure_kind ?? null;
    },
    async age({ id }, seconds) {
      await pool().query(
        `update grants set refreshed_at = refreshed_at - make_interval(secs => $2::float8),
           expires_at = expires_at - make_interval(secs => $2::float8), created_at = created_at - make_interval(secs => $2::float8)
         where id = $1`,
        [id, seconds],
      );
    },
    childValues: () => ({
      NODE_ENV: "test",
      DATABASE_URL: env().DATABASE_URL ?? "",
      SEALING_KEYS: env().SEALING_KEYS ?? sealingKeys,
      ...provider.env,
    }),
    close: () => provider.close(),
  };
}
