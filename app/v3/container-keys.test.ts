import { afterAll, beforeAll, describe, expect, test } from "vitest";
import Supermemory from "supermemory";
import type { Operation } from "#lib/contract/operation.ts";
import { operations } from "#lib/contract/operations.ts";
import { pool } from "#lib/db/client.ts";
import { processDocument } from "#lib/documents/process.ts";
import { createHttp } from "#lib/egress/http.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { createKey } from "#lib/keys/service.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

/**
 * A key for one container among documents of that container, of another, of both and of none. Every operation such a key
 * may use at all has a test here, or the last one fails.
 */

const api = testApi();
const never = new AbortController().signal;
const nobody = "0000000000000000000000";
const tested = new Set<string>();

let key = "";
let extractor: Extractor;
/** ids of what the key must see */
let mine: Readonly<Record<"text" | "both" | "file" | "synced" | "queued", string>>;
/** ids of what it must not */
let theirs: Readonly<Record<"text" | "untagged" | "file" | "synced" | "queued", string>>;
/** what both have a document of, each its own */
const shared = "shared id/with slash";

async function addAll(): Promise<void> {
  const { client } = api;
  const text = async (name: string, fields: object) =>
    (await client.add({ content: `# ${name}\n\nA zebra in ${name}.`, ...fields })).id;
  const file = async (name: string, containerTag: string) => {
    const of = new File([`# ${name}\n\nA zebra in the file ${name}.`], `${name}.md`, { type: "text/markdown" });
    return (await client.documents.uploadFile({ file: of, containerTag })).id;
  };
  const connectionId = await api.connect({ containerTags: ["mine", "theirs"] });
  const synced = async (name: string, tag: string) =>
    (await addDocuments(api.acme, connectionId, [name], { containerTags: [tag] }))[0] ?? "";
  const ready = {
    mine: {
      text: await text("mine", { containerTag: "mine", customId: shared, filepath: "/shelf/one.md" }),
      both: await text("both", { containerTags: ["mine", "theirs"], customId: "in both" }),
      file: await file("mine", "mine"),
      synced: await synced("mine-synced.md", "mine"),
    },
    theirs: {
      text: await text("theirs", { containerTag: "theirs", customId: shared, filepath: "/shelf/two.md" }),
      untagged: await text("untagged", { customId: "in none" }),
      file: await file("theirs", "theirs"),
      synced: await synced("theirs-synced.md", "theirs"),
    },
  };
  await work();
  // These stay what is being processed.
  mine = { ...ready.mine, queued: await text("mine waits", { containerTag: "mine" }) };
  theirs = { ...ready.theirs, queued: await text("theirs waits", { containerTag: "theirs" }) };
}

async function work(): Promise<void> {
  const { rows } = await pool().query<{ id: string }>("select id from documents where status = 'queued'");
  for (const { id } of rows) await processDocument({ createHttp, extractor }, id, never);
  await indexOrganization(api.acme.organizationId, never);
}

async function forgetAll(): Promise<void> {
  await pool().query("delete from documents");
  await pool().query("delete from connections");
}

beforeAll(async () => {
  extractor = createExtractor({ threads: 1 });
  afterAll(() => extractor.close());
  ({ key } = await createKey(api.acme.principal, { name: "mine", containerTag: "mine" }));
  await addAll();
});

/** Operations by their name in the newer paths: older paths are the same operation. */
const named = (...ids: string[]): (readonly [string, Operation])[] => {
  const found = operations.filter(({ id }) => ids.includes(id.replace(/Legacy$/, "")));
  for (const { id } of found) tested.add(id);
  return found.map((operation) => [operation.id, operation] as const);
};

function send({ method, path }: Operation, reference: string, body?: unknown): Promise<Response> {
  const target = path.replace("{documentId}", encodeURIComponent(reference));
  return body instanceof FormData
    ? globalThis.fetch(api.url + target, { method, body, headers: { authorization: `Bearer ${key}` } })
    : api.send(method, target, body, { authorization: `Bearer ${key}` });
}

async function bytesOf(reply: Response): Promise<string> {
  const headers = [...reply.headers].filter(([name]) => !["date", "x-request-id"].includes(name));
  return JSON.stringify([reply.status, headers, await reply.text()]);
}

/** What is stored of documents that the key must not reach. */
async function untouched(): Promise<string> {
  const { rows } = await pool().query(
    `select to_jsonb(d) as document, to_jsonb(c) as content from documents d left join contents c on c.document_id = d.id
      where not d.container_tags @> '{mine}' order by d.id`,
  );
  return JSON.stringify(rows);
}

const refused = {
  error: "This API key may not do that.",
  details: "It is for the documents of the container mine only.",
};

describe("by id and customId, a document outside of the container is as absent as one that never was (A19)", () => {
  const change = { updateDocument: { metadata: { changed: true }, containerTag: "mine" } };
  test.each(named("getDocument", "updateDocument", "deleteDocument", "listChunks", "getFileUrl"))(
    "%s",
    async (id, operation) => {
      const body = change[id.replace(/Legacy$/, "") as keyof typeof change];
      const before = await untouched();
      const absent = await bytesOf(await send(operation, nobody, body));
      expect(absent).toMatch(/^\[404,/);
      for (const reference of [...Object.values(theirs), "in none", "s3://docs/theirs-synced.md"])
        expect(await bytesOf(await send(operation, reference, body)), reference).toBe(absent);
      expect(await untouched()).toBe(before);
      for (const reference of id === "getFileUrl" ? [mine.file] : [mine.file, mine.both, mine.text])
        expect((await send(operation, reference, body)).status).toBeLessThan(300);
      if (operation.method === "DELETE" || operation.method === "PATCH") {
        expect(await untouched()).toBe(before);
        await forgetAll();
        await addAll();
      }
    },
  );

  test("a customId that several containers use means the key's own document", async () => {
    const client = new Supermemory({ apiKey: key, baseURL: api.url, maxRetries: 0 });
    expect((await client.documents.get(shared)).id).toBe(mine.text);
    const full = await api.send("GET", `/v3/documents/${encodeURIComponent(shared)}`);
    expect([full.status, (await full.json()) as unknown]).toEqual([
      400,
      { error: "Several documents have this customId.", details: expect.any(String) },
    ]);
  });
});

describe("lists and searches show the container's documents and no others", () => {
  const idsOf = async (reply: Response, list: string): Promise<string[]> => {
    expect(reply.status).toBe(200);
    const body = (await reply.json()) as Record<string, { id?: string; documentId?: string }[]>;
    return [...new Set((body[list] ?? []).map((item) => item.documentId ?? item.id ?? ""))].sort();
  };
  const own = () => Object.values(mine).sort();
  /** However it is asked for more. */
  const wider: Record<string, unknown>[] = [
    {},
    { containerTags: [] },
    { provider: "s3" },
    { filepath: "/shelf/" },
    { filters: { OR: [{ key: "nothing", value: "x", negate: true }] } },
  ];

  test.each(named("listDocuments"))("%s", async (_id, operation) => {
    expect(await idsOf(await send(operation, "", { limit: 100 }), "memories")).toEqual(own());
    for (const more of wider)
      for (const id of await idsOf(
        await send(operation, "", { limit: 100, includeContent: true, ...more }),
        "memories",
      ))
        expect(own()).toContain(id);
    for (const containerTag of ["theirs"])
      expect(await idsOf(await send(operation, "", { containerTag }), "memories")).toEqual([mine.both]);
    const { pagination } = (await (await send(operation, "", { limit: 1 })).json()) as {
      pagination: { totalItems: number };
    };
    expect(pagination.totalItems).toBe(own().length);
  });

  test.each(named("listProcessing"))("%s", async (_id, operation) => {
    for (const query of ["", "?view=all", "?containerTags=mine"]) {
      const reply = await send({ ...operation, path: operation.path + query }, "");
      const body = (await reply.json()) as { documents: { id: string }[]; totalCount: number };
      expect(body.documents.map(({ id }) => id)).toEqual([mine.queued]);
      expect(body.totalCount).toBe(1);
    }
    const other = await send({ ...operation, path: `${operation.path}?containerTags=theirs&view=all` }, "");
    expect(await other.json()).toEqual({ documents: [], totalCount: 0 });
  });

  test.each(named("searchDocuments", "searchChunks"))("%s", async (_id, operation) => {
    const found = [mine.text, mine.both, mine.file].sort();
    const ask = (more: object = {}) => send(operation, "", { q: "zebra", limit: 100, threshold: 0, ...more });
    expect(await idsOf(await ask(), "results")).toEqual(found);
    for (const q of ["zebra theirs", '"zebra in theirs"', "zebr*", "zebar", "theirs OR untagged"])
      for (const id of await idsOf(await ask({ q }), "results")) expect(found).toContain(id);
    for (const more of wider)
      for (const id of await idsOf(await ask({ includeFullDocs: true, onlyMatchingChunks: false, ...more }), "results"))
        expect(found).toContain(id);
    expect(await idsOf(await ask({ containerTags: ["theirs"] }), "results")).toEqual([mine.both]);
    if (operation.id !== "searchDocuments") return;
    const absent = await bytesOf(await ask({ docId: nobody }));
    for (const docId of Object.values(theirs)) {
      const reply = await bytesOf(await ask({ docId }));
      expect(reply.replace(/\\"timing\\":[\d.]+/, "")).toBe(absent.replace(/\\"timing\\":[\d.]+/, ""));
    }
  });
});

describe("what it adds is in its container and nowhere else", () => {
  const form = (fields: Record<string, string>) => {
    const made = new FormData();
    made.set("file", new File(["# Added"], "added.md", { type: "text/markdown" }));
    for (const [name, value] of Object.entries(fields)) made.set(name, value);
    return made;
  };
  const bodies: Readonly<Record<string, (fields: Record<string, string>) => unknown>> = {
    addDocument: (fields) => ({ content: `# Added ${JSON.stringify(fields)}`, ...fields }),
    uploadDocument: form,
  };
  const tagsOf = async (id: string) =>
    (await pool().query<{ container_tags: string[] }>("select container_tags from documents where id = $1", [id]))
      .rows[0]?.container_tags;

  test.each(named("addDocument", "uploadDocument"))("%s", async (id, operation) => {
    const body = bodies[id.replace(/Legacy$/, "")];
    const before = await untouched();
    const fieldsOf: Record<string, string>[] = [{}, { containerTag: "mine" }, { customId: shared }];
    for (const fields of fieldsOf) {
      const reply = await send(operation, "", body?.(fields));
      expect(reply.status).toBe(200);
      expect(await tagsOf(((await reply.json()) as { id: string }).id)).toEqual(["mine"]);
    }
    const elsewhere = await send(operation, "", body?.({ containerTag: "theirs" }));
    expect([elsewhere.status, await elsewhere.json()]).toEqual([403, refused]);
    expect(await untouched()).toBe(before);
  });

  test.each(named("batchAddDocuments"))("%s", async (_id, operation) => {
    const before = await untouched();
    const documents = [
      "# One",
      { content: "# Two", containerTag: "mine" },
      { content: "# No", containerTag: "theirs" },
    ];
    const reply = await send(operation, "", { documents });
    const { results } = (await reply.json()) as { results: { id: string; status: string; details?: string }[] };
    expect(results.map(({ status }) => status)).toEqual(["queued", "queued", "error"]);
    expect(results[2]).toMatchObject({ id: "" });
    for (const { id } of results.slice(0, 2)) expect(await tagsOf(id)).toEqual(["mine"]);
    const all = await send(operation, "", { documents: ["# One"], containerTag: "theirs" });
    if (all.status === 200) expect(((await all.json()) as { success: number }).success).toBe(0);
    else expect([all.status, await all.json()]).toEqual([403, refused]);
    expect(await untouched()).toBe(before);
  });

  test.each(named("updateDocument"))("%s cannot take a document out of the container", async (_id, operation) => {
    for (const tags of [{ containerTag: "theirs" }, { containerTags: ["mine", "theirs"] }]) {
      const reply = await send(operation, mine.text, tags);
      expect([reply.status, await reply.json()]).toEqual([403, refused]);
    }
    expect((await send(operation, mine.text, { containerTags: [] })).status).toBeLessThan(500);
    expect(await tagsOf(mine.text)).toEqual(["mine"]);
  });
});

describe("deleting many takes the container's own and reports the others as absent", () => {
  test.each(named("deleteDocuments"))("%s", async (_id, operation) => {
    const before = await untouched();
    const ids = [...Object.values(theirs), nobody, "in none"];
    const reply = (await (await send(operation, "", { ids: [...ids, mine.text] })).json()) as {
      deletedCount: number;
      errors: { id: string; error: string }[];
    };
    expect(reply.deletedCount).toBe(1);
    expect(reply.errors.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(new Set(reply.errors.map(({ error }) => error)).size).toBe(1);
    await send(operation, "", { filepath: "/shelf/" });
    await send(operation, "", { containerTags: ["theirs"] });
    expect(await untouched()).toBe(before);
    const all = (await (await send(operation, "", { containerTags: ["mine"] })).json()) as { deletedCount: number };
    expect(all.deletedCount).toBeGreaterThan(0);
    expect(await untouched()).toBe(before);
    await forgetAll();
    await addAll();
  });
});

describe("what this server does not do, it does for nobody", () => {
  test.each(
    operations.filter(({ reply }) => reply.status === 501).map((operation) => [operation.id, operation] as const),
  )("%s", async (_id, operation) => {
    tested.add(operation.id);
    const reply = await send(operation, "", operation.method === "GET" ? undefined : {});
    expect([reply.status, reply.headers.get("x-should-retry")]).toEqual([501, "false"]);
  });
});

test("every operation that such a key may use has been tried", () => {
  const open = operations.filter(({ contained }) => contained).map(({ id }) => id);
  expect(open.filter((id) => !tested.has(id))).toEqual([]);
});
