import type { ClientBase } from "pg";
import { newId } from "#lib/contract/ids.ts";
import { StartupError } from "#lib/db/startup-error.ts";
import type { Env } from "#lib/env.ts";
import { hashKey, keySuffix } from "#lib/keys/hash.ts";
import { hashPassword } from "#lib/vault/password.ts";

/** Slug and name of the organization that BOOTSTRAP_OWNER gets when BOOTSTRAP_API_KEYS names none. */
const fallbackSlug = "default";

/** Any number: it only keeps two starts from bootstrapping one database at once. */
const bootstrapLock = 7_426_351_903;

/**
 * Creates what BOOTSTRAP_API_KEYS and BOOTSTRAP_OWNER name and what is not there yet, so that a headless machine needs
 * no clicking. Nothing that exists is changed: not a key's name or expiry, not a password; and a secret that was replaced
 * by a rotation stays replaced.
 * @throws StartupError when a key already belongs to another organization
 */
export async function bootstrap(
  client: ClientBase,
  config: Pick<Env, "BOOTSTRAP_API_KEYS" | "BOOTSTRAP_OWNER">,
): Promise<void> {
  const { BOOTSTRAP_API_KEYS: keys, BOOTSTRAP_OWNER: owner } = config;
  if (keys.length === 0 && !owner) return;
  const { rowCount: known } = owner
    ? await client.query("select 1 from users where email = $1", [owner.email])
    : { rowCount: 1 };
  const passwordHash = owner && !known ? await hashPassword(owner.password) : "";
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [bootstrapLock]);
    const organizations = new Set<string>();
    for (const { slug, key } of keys) {
      const organizationId = await organization(client, slug);
      organizations.add(organizationId);
      await apiKey(client, organizationId, slug, key);
    }
    if (owner) {
      if (organizations.size === 0) organizations.add(await organization(client, fallbackSlug));
      await ownerOf(client, owner.email, passwordHash, organizations);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}

async function organization(client: ClientBase, slug: string): Promise<string> {
  const inserted = await client.query<{ id: string }>(
    "insert into organizations (id, slug, name) values ($1, $2, $2) on conflict (slug) do nothing returning id",
    [newId(), slug],
  );
  const id = inserted.rows[0]?.id;
  if (id !== undefined) {
    await audit(client, id, "organization.create", `organization:${id}`);
    return id;
  }
  const { rows } = await client.query<{ id: string }>("select id from organizations where slug = $1", [slug]);
  return rows[0]?.id ?? "";
}

async function apiKey(client: ClientBase, organizationId: string, slug: string, key: string): Promise<void> {
  const id = newId();
  const { rowCount } = await client.query(
    `insert into api_keys (id, organization_id, name, hash, suffix)
     select $1, $2, 'BOOTSTRAP_API_KEYS', $3, $4 where not exists (select from retired_secrets where hash = $3)
     on conflict (hash) do nothing`,
    [id, organizationId, hashKey(key), keySuffix(key)],
  );
  if (rowCount) return audit(client, organizationId, "key.create", `key:${id}`);
  const { rows } = await client.query<{ organization_id: string }>(
    `select organization_id from api_keys where hash = $1
     union all select organization_id from retired_secrets where hash = $1`,
    [hashKey(key)],
  );
  if (rows[0]?.organization_id !== organizationId) {
    throw new StartupError(`BOOTSTRAP_API_KEYS gives ${slug} a key of another organization: give each one its own.`);
  }
}

async function ownerOf(
  client: ClientBase,
  email: string,
  passwordHash: string,
  organizations: ReadonlySet<string>,
): Promise<void> {
  await client.query(
    "insert into users (id, email, password_hash) values ($1, $2, $3) on conflict (email) do nothing",
    [newId(), email, passwordHash],
  );
  await client.query(
    `insert into memberships (organization_id, user_id, role)
     select organization_id, users.id, 'owner' from unnest($2::text[]) as organization_id, users where email = $1
     on conflict do nothing`,
    [email, [...organizations]],
  );
}

async function audit(client: ClientBase, organizationId: string, action: string, target: string): Promise<void> {
  await client.query(
    "insert into audit_events (organization_id, actor, action, target) values ($1, 'system', $2, $3)",
    [organizationId, action, target],
  );
}
