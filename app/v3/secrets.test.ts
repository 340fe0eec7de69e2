import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { pool } from "#lib/db/client.ts";
import { processDocument } from "#lib/documents/process.ts";
import { createHttp } from "#lib/egress/http.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import { embedOrganization } from "#lib/search/embed-organization.ts";
import { tendVectors } from "#lib/search/queue-vectors.ts";
import { indexTexts } from "#lib/search/testing/searchable.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testApi } from "#lib/testing/api.ts";
import { fakeEmbeddings } from "#lib/testing/fake-embeddings.ts";

/** A life with every secret this part of the product has, then a search for them everywhere. */

const embeddingsKey = "sk-canary-embeddings-key-0001";
const api = testApi();
const written: string[] = [];
const never = new AbortController().signal;

beforeAll(() => {
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  afterAll(() => vi.restoreAllMocks());
});

/** Every row of every table, also of the queue's, as text; bytes in hexadecimal. */
async function dump(): Promise<string> {
  const { rows: tables } = await pool().query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "public.chunks",
      "public.chunk_vectors",
      "public.file_links",
      "public.vector_tasks",
      "pgboss.job",
    ]),
  );
  const texts = await Promise.all(
    tables.map(
      async ({ name }) => (await pool().query(`select string_agg(t::text, ' ') as text from ${name} t`)).rows[0],
    ),
  );
  return texts.map((row) => String(row?.["text"])).join("\n");
}

test("no secret is in a log, the database, the description or an error: keys, old and new, the embeddings key, tokens of file links (T05)", async () => {
  const fake = await fakeEmbeddings();
  const extractor = createExtractor({ threads: 1 });
  setEnvForTests({
    EMBEDDINGS_URL: fake.url,
    EMBEDDINGS_MODEL: "model",
    EMBEDDINGS_API_KEY: embeddingsKey,
    RETRY_BASE_MS: "1",
    LOG_LEVEL: "debug",
  });
  const replies: string[] = [];
  const send: typeof api.send = async (...args) => {
    const reply = await api.send(...args);
    replies.push(await reply.clone().text());
    return reply;
  };
  try {
    await tendVectors();
    // Keys: made, repeated, rotated, used after their end.
    const made = (await (
      await api.send("POST", "/v3/auth/scoped-key", { containerTag: "user_1" }, { "idempotency-key": "once" })
    ).json()) as { key: string; id: string };
    await api.send("POST", "/v3/auth/scoped-key", { containerTag: "user_1" }, { "idempotency-key": "once" });
    const rotated = (await (await api.send("POST", `/v3/auth/scoped-key/${made.id}/rotate`, {})).json()) as {
      key: string;
    };
    await send("GET", "/v3/auth/scoped-key");
    await send("DELETE", `/v3/auth/scoped-key/${made.id}`);
    await send("GET", "/v3/documents/processing", undefined, { authorization: `Bearer ${rotated.key}` });

    // A file and the link to it.
    const form = new FormData();
    form.set("file", new Blob(["# Marmalade\n\nA text about marmalade."]), "marmalade.md");
    const uploaded = await fetch(`${api.url}/v3/documents/file`, {
      method: "POST",
      body: form,
      headers: { authorization: `Bearer ${api.acme.apiKey}` },
    });
    const { id } = (await uploaded.json()) as { id: string };
    const { url } = (await (await api.send("GET", `/v3/documents/${id}/file-url`)).json()) as { url: string };
    const token = new URL(url).pathname.split("/").at(-1) ?? "";
    expect(token.length).toBeGreaterThan(20);
    expect((await fetch(api.url + new URL(url).pathname)).status).toBe(200);
    await fetch(`${api.url}${new URL(url).pathname}x`);

    // Indexed, embedded, searched; then the endpoint fails and says the key aloud.
    await processDocument({ createHttp, extractor }, id, never);
    await indexTexts(api.acme.organizationId);
    await embedOrganization(api.acme.organizationId, never);
    await send("POST", "/v3/search", { q: "marmalade" });
    fake.answer = () => ({ status: 401, body: JSON.stringify({ error: { message: `bad key ${embeddingsKey}` } }) });
    await send("POST", "/v4/search", { q: "jam", searchMode: "hybrid" });
    await pool().query(
      "insert into vector_tasks (document_id, organization_id) select id, organization_id from documents",
    );
    await pool().query("update chunk_signs set passage = sha256(passage)");
    await embedOrganization(api.acme.organizationId, never);
    await send("GET", "/v3/openapi.json");
    await send("GET", "/v3/settings");
    await send("POST", "/v3/documents", { content: 5 });
    expect(fake.calls.some((call) => call.authorization === `Bearer ${embeddingsKey}`)).toBe(true);
    expect(written.join("")).toContain("EMBEDDINGS_API_KEY");

    const places = { log: written.join(""), database: await dump(), replies: replies.join("") };
    const secrets = [made.key, rotated.key, api.acme.apiKey, token, embeddingsKey];
    for (const [place, text] of Object.entries(places))
      for (const secret of secrets)
        for (const spelling of [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex")])
          expect([place, text.includes(spelling)]).toEqual([place, false]);
  } finally {
    setEnvForTests({
      EMBEDDINGS_URL: undefined,
      EMBEDDINGS_MODEL: undefined,
      EMBEDDINGS_API_KEY: undefined,
      LOG_LEVEL: undefined,
    });
    await extractor.close();
    await fake.close();
  }
});
