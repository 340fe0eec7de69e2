import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { testApi } from "#lib/testing/api.ts";
import { addTexts, indexTexts } from "#lib/search/testing/searchable.ts";
import { until } from "#lib/testing/wait.ts";

const api = testApi();

const waiting = async () =>
  (await pool().query("select 1 from pg_locks where not granted and database is not null")).rowCount ?? 0;

test.each([
  ["searches", "words", () => api.send("POST", "/v3/search", { q: "anything" })],
  ["listings", "document_tallies", () => api.send("POST", "/v3/documents/list", {})],
])("however many %s of one organization take long, others get to the database (E03)", async (_what, table, ask) => {
  await addTexts(api.acme.organizationId, [{ text: "anything at all" }]);
  await indexTexts(api.acme.organizationId);
  const replies = await transaction(async (client) => {
    await client.query(`lock table ${table}`);
    const asked = Array.from({ length: 30 }, ask);
    await until(async () => (await waiting()) >= 3);
    const other = { authorization: `Bearer ${api.globex.apiKey}` };
    for (let i = 0; i < 10; i++) expect((await api.send("GET", "/v3/settings", undefined, other)).status).toBe(200);
    expect(await waiting()).toBe(3);
    return { asked };
  });
  for (const reply of await Promise.all(replies.asked)) expect(reply.status).toBe(200);
});
