import { beforeAll, describe, expect, test } from "vitest";
import { createApi } from "#lib/client/api.ts";
import { listDocuments } from "#lib/contract/operations.ts";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

const api = testApi();
const titles = Array.from({ length: 25 }, (_, i) => `d${String(i).padStart(2, "0")}.md`);

beforeAll(async () => {
  const { organizationId } = api.acme;
  const { id } = await prisma().connection.create({
    data: { id: newId(), organizationId, provider: "s3", containerTags: [] },
  });
  const ids = await addDocuments(api.acme, id, titles, { containerTags: ["shared"] });
  for (const [i, each] of ids.entries())
    await prisma().document.update({
      where: { id: each },
      data: { metadata: { part: i % 2 ? "odd" : "even", size: i }, containerTags: ["shared", `user_${i % 5}`] },
    });
  await addDocuments(api.globex, newId(), ["theirs.md"], { containerTags: ["shared"] });
});

const call = (body: Parameters<typeof list>[0]) => list(body);
const list = (body: NonNullable<Parameters<typeof api.client.documents.list>[0]> & Record<string, unknown>) =>
  api.client.documents.list(body);
const names = ({ memories }: { memories: readonly { title: string | null }[] }) =>
  memories.map(({ title }) => title ?? "");

describe("the official client's list", () => {
  test("takes limits and pages as numbers or text, and goes on from a cursor it knows nothing of (A16)", async () => {
    const first = await call({ limit: "10", page: 1, sort: "createdAt", order: "asc" });
    const { nextCursor } = first.pagination as { nextCursor?: string };
    expect(first.pagination).toMatchObject({ currentPage: 1, limit: 10, totalItems: 25, totalPages: 3 });
    const second = await call({ limit: 10, cursor: nextCursor, sort: "createdAt", order: "asc" });
    expect(second.pagination).toMatchObject({ currentPage: 2, totalItems: 25 });
    expect(names(second)).toEqual(names(await call({ limit: 10, page: "2", order: "asc" })));
    const last = await call({ limit: 10, page: 3, order: "asc" });
    expect(names(last)).toEqual(titles.slice(20));
    expect(last.pagination).toMatchObject({ nextCursor: null });
    expect(names(await call({ page: 100_000_000 }))).toEqual([]);
  });

  test("takes every filter, alone and together", async () => {
    const odd = { AND: [{ key: "part", value: "odd" }] };
    const of = async (body: Parameters<typeof call>[0]) => (await call({ limit: 100, ...body })).memories.length;
    expect(await of({ filters: odd })).toBe(12);
    expect(await of({ filters: JSON.stringify(odd) as never })).toBe(12);
    expect(
      await of({ filters: { OR: [{ key: "size", value: "3", filterType: "numeric", numericOperator: "<" }] } }),
    ).toBe(3);
    expect(await of({ containerTags: ["user_1"], filters: odd })).toBe(3);
    expect(await of({ containerTag: "user_1", containerTags: ["shared"] })).toBe(5);
    expect(await of({ source: "s3" })).toBe(25);
    expect(await of({ provider: "notion" })).toBe(0);
    expect(await of({ status: "done" })).toBe(25);
    expect(await of({ status: "failed" })).toBe(0);
    expect(await of({ type: "pdf" })).toBe(0);
    expect(await of({ filepath: "d03.md" })).toBe(1);
    expect(await of({ connectionId: "nobody" })).toBe(0);
    const { updatedAt = "" } = (await call({ limit: 1, filepath: "d20.md" })).memories[0] ?? {};
    expect(await of({ updatedAfter: updatedAt })).toBe(5);
    expect(await of({ updatedBefore: updatedAt })).toBe(20);
  });

  test("gets texts when it asks for them", async () => {
    const { memories } = await call({ limit: 3, includeContent: true, order: "asc" });
    expect(memories.map((each) => (each as { content?: string }).content)).toEqual(
      titles.slice(0, 3).map((title) => `# ${title}`),
    );
    expect((await call({ limit: 1 })).memories[0]).not.toHaveProperty("content");
  });

  test("is told what is wrong with a cursor", async () => {
    const reply = await api.send("POST", "/v3/documents/list", { cursor: "bm90IG91cnM" });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ details: "cursor: is not one of our cursors" });
  });
});

test("the typed client walks the same documents by cursor, each once", async () => {
  const ours = createApi({ baseUrl: api.url, key: api.acme.apiKey });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ours.call(listDocuments, { body: { limit: 7, order: "asc", ...(cursor && { cursor }) } });
    seen.push(...names(page));
    cursor = page.pagination.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(titles);
});
