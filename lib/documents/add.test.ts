import { beforeEach, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocument } from "./add.ts";

const api = testApi();

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().auditEvent.deleteMany({});
});

const add = (content: string, fields: object = {}) => addDocument(api.acme.principal, { content, ...fields });
const stored = (id: string) => prisma().document.findUniqueOrThrow({ where: { id }, include: { content: true } });

describe("adding", () => {
  test("a text is stored byte for byte with its tags, metadata and title, and waits to be indexed", async () => {
    const text = "\n# The **plan**\r\n\r\nWe grow cabbage.  ";
    const added = await add(text, {
      containerTag: "user_1",
      containerTags: ["team", "user_1"],
      metadata: { department: "garden", year: 2026, draft: false, topics: ["cabbage", "soil"] },
      filepath: "plans/2026.md",
      taskType: "superrag",
      documentDate: "2026-03-01",
    });
    expect(added).toEqual({ id: expect.stringMatching(/^[0-9A-Za-z]{22}$/), status: "queued" });
    expect(await stored(added.id)).toMatchObject({
      organizationId: api.acme.organizationId,
      connectionId: null,
      added: true,
      status: "chunking",
      type: "text",
      title: "The plan",
      containerTags: ["user_1", "team"],
      metadata: { department: "garden", year: 2026, draft: false, topics: ["cabbage", "soil"] },
      filepath: "plans/2026.md",
      taskType: "superrag",
      sourceUpdatedAt: new Date("2026-03-01"),
      content: { text },
    });
    expect(await prisma().indexTask.count({ where: { documentId: added.id } })).toBe(1);
  });
});
