import type { ClientBase } from "pg";
import { StartupError } from "#lib/db/startup-error.ts";
import { bootstrap } from "./bootstrap.ts";

/** What `npm run seed` can lay out. Every scenario has the two organizations; `large` gives the first one documents. */
export const scenarios = ["tenants", "large"] as const;
export type Scenario = (typeof scenarios)[number];

const largeCount = 10_000;

/** The second organization's key is the first one's with this behind it. */
export const otherSuffix = "-globex";

/**
 * Two organizations, acme and globex, with known keys and, in `large`, 10,000 documents of acme's own. Running it again
 * changes nothing.
 * @throws StartupError when the key is not one, or belongs to another organization
 */
export async function seed(client: ClientBase, scenario: Scenario, apiKey: string): Promise<void> {
  if (!/^sm_[A-Za-z0-9_-]{16,180}$/.test(apiKey)) {
    throw new StartupError("The key must be sm_ and 16 to 180 letters, digits, hyphens or underscores: --api-key=sm_…");
  }
  const keys = [
    { slug: "acme", key: apiKey },
    { slug: "globex", key: apiKey + otherSuffix },
  ];
  await bootstrap(client, { BOOTSTRAP_API_KEYS: keys, BOOTSTRAP_OWNER: undefined });
  if (scenario === "large") await addDocuments(client);
}

/** In one transaction; ids follow from the numbers, so that a second time meets the same rows. */
async function addDocuments(client: ClientBase): Promise<void> {
  await client.query("begin");
  try {
    await client.query(
      `insert into documents (id, organization_id, custom_id, type, title, container_tags, content_hash, created_at, updated_at)
       select 'seed' || lpad(n::text, 18, '0'), o.id, 'seed-' || n, 'text', 'Document ' || n, array['tag_' || n % 20],
              sha256(convert_to('# Document ' || n, 'UTF8')), now() - n * interval '1 minute', now() - n * interval '1 minute'
       from organizations o, generate_series(1, $1::int) n where o.slug = 'acme'
       on conflict (id) do nothing`,
      [largeCount],
    );
    await client.query(
      `insert into contents (document_id, organization_id, text)
       select d.id, d.organization_id, '# ' || d.title
       from documents d join organizations o on o.id = d.organization_id
       where o.slug = 'acme' and d.custom_id like 'seed-%'
       on conflict (document_id) do nothing`,
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  }
}
