import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allConnectors } from "#lib/connections/registry.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { createKey } from "#lib/keys/service.ts";
import { openApiDocument } from "#lib/server/openapi/document.ts";
import { requestArbitrary, type ArbitraryRequest } from "#lib/testing/api-arbitrary.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { seedOfRun } from "#lib/testing/chance.ts";
import { addDocuments } from "#lib/testing/documents.ts";
import type { TestOrganization } from "#lib/testing/organization.ts";

/**
 * Requests drawn from the API's description, right and wrong. `VITE_SEED=<seed>` draws the same again, `VITE_SEED=random`
 * draws new ones.
 */

const api = testApi();
const seed = seedOfRun();
const runsPerOperation = 15;
const canaries = ["theirs-only-canary", stubSettings.secretAccessKey];
const ids = { connectionId: [] as string[], documentId: [] as string[], keyId: [] as string[] };
/** operations that did what they were asked at least once */
const succeeded = new Set<string>();
let before = "";

/** Every row of an organization, in every table that has organizations. */
async function everythingOf({ organizationId }: TestOrganization): Promise<string> {
  const { rows: tables } = await pool().query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = current_schema() and column_name = 'organization_id' order by 1`,
  );
  const hashes: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool().query<{ hash: string }>(
      `select count(*) || ':' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as hash
       from "${name}" t where organization_id = $1`,
      [organizationId],
    );
    hashes.push(`${name} ${rows[0]?.hash}`);
  }
  const own = await prisma().organization.findUniqueOrThrow({ where: { id: organizationId } });
  return [...hashes, JSON.stringify(own)].join("\n");
}

async function furnish(organization: TestOrganization, tag: string, connections: number): Promise<void> {
  for (let i = 0; i < connections; i++) {
    const connectionId = await api.connect({ containerTags: [tag] }, organization);
    const titles = [`${tag}-${i}.md`, `${tag}-${i}-2.md`];
    const documents = await addDocuments(organization, connectionId, titles, { containerTags: [tag] });
    const { view } = await createKey(organization.principal, { name: `${tag} ${i}` });
    ids.connectionId.push(connectionId);
    ids.documentId.push(...documents);
    ids.keyId.push(view.id);
  }
}

beforeAll(async () => {
  await furnish(api.globex, "theirs-only-canary", 2);
  // Some of it goes away on the way.
  await furnish(api.acme, "ours", 8);
  canaries.push(api.globex.apiKey, api.acme.apiKey);
  before = await everythingOf(api.globex);
});

afterAll(async () => {
  expect(await everythingOf(api.globex), "nothing of another organization changes").toBe(before);
});

async function ask({ method, target, headers, body }: ArbitraryRequest): Promise<Response> {
  return globalThis.fetch(api.url + target, {
    method,
    redirect: "manual",
    headers: { authorization: `Bearer ${api.acme.apiKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

describe(`whatever is sent, the API answers as it is described (seed ${seed}) (T05)`, () => {
  const document = openApiDocument({ appUrl: "http://localhost:3000", connectors: allConnectors() });
  const all = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
  );

  test.each(all.map((each) => [each.operation.operationId, each] as const))("%s", async (_id, described) => {
    const stated = Object.keys(described.operation.responses).map(Number);
    const property = fc.asyncProperty(requestArbitrary({ document, ids, ...described }), async (request) => {
      const reply = await ask(request);
      const text = await reply.text();
      if (reply.ok && request.method === described.verb.toUpperCase()) succeeded.add(described.operation.operationId);
      // What the reply must be besides is held against the description by the server the tests use.
      if (reply.status >= 500) expect([501, 502].filter((status) => stated.includes(status))).toContain(reply.status);
      if (reply.status >= 400 && request.method !== "HEAD" && text !== "") {
        const { error, details, ...rest } = JSON.parse(text) as Record<string, unknown>;
        expect(error).toEqual(expect.any(String));
        expect(["string", "undefined"]).toContain(typeof details);
        expect(rest).toEqual({});
      }
      const everything = `${text}\n${[...reply.headers].flat().join("\n")}`;
      for (const canary of canaries) expect(everything).not.toContain(canary);
      expect(everything).not.toMatch(/\bat .*\.ts:\d+|node_modules|prisma|PostgresError/i);
    });
    await fc.assert(property, { seed, numRuns: runsPerOperation, endOnFailure: true });
  });

  test("enough of it was right to be carried out, so that more than the door was tried", () => {
    expect(succeeded.size, [...succeeded].join(", ")).toBeGreaterThan(22);
  });
});
