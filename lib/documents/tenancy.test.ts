import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { pool, prisma } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { declareMime, removeUnused, storeFile } from "#lib/files/store.ts";
import { fileBytes, findFile } from "#lib/files/read.ts";
import { readChunks } from "#lib/search/chunks.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocument } from "./add.ts";
import { findDocument, contentSizes, contentsOf } from "./repo.ts";
import { changeDocuments, documentsIn, slotText } from "./store.ts";

/**
 * Callers look up what they may see before they ask for its parts. These functions keep to the organization all the same,
 * so that an id that got past a caller leads nowhere.
 */

const api = testApi();
const slot = { customId: "theirs", tags: [] };
let id = "";
let fileId = "";
const first = () => ({ documentId: id, position: 0 });
const mine = () => api.acme.organizationId;
const theirs = () => api.globex.organizationId;

beforeAll(async () => {
  ({ id } = await addDocument(api.globex.principal, { content: "# Theirs\n\nA text.", customId: slot.customId }));
  await indexOrganization(theirs(), new AbortController().signal);
  ({ id: fileId } = await storeFile(
    theirs(),
    { name: "a.txt", mime: "text/plain" },
    Readable.from([Buffer.from("a")]),
  ));
});

describe("by its id, what belongs to one organization is for another not there (T01)", () => {
  test.each<readonly [what: string, read: (organizationId: string) => Promise<boolean>]>([
    ["a document", async (of) => (await findDocument({ organizationId: of, container: undefined }, id)) !== undefined],
    ["its text", async (of) => (await contentsOf(of, [id])).has(id)],
    ["the length of its text", async (of) => (await contentSizes(of, [id])).has(id)],
    ["its chunks", async (of) => (await transaction((client) => readChunks(client, of, [first()]))).size > 0],
    ["its customId", async (of) => (await documentsIn(pool(), of, [slot])).has(slotText(slot))],
    ["a file", async (of) => (await findFile(of, fileId)) !== undefined],
    ["a file's bytes", async (of) => fileBytes(of, fileId).then(Boolean, () => false)],
  ])("%s", async (_what, read) => {
    expect(await read(mine())).toBe(false);
    expect(await read(theirs())).toBe(true);
  });

  test("nor can it be changed or removed", async () => {
    const nothing = { metadata: undefined, filepath: undefined, taskType: undefined, documentDate: undefined };
    const both = async () => [
      await prisma().document.findUniqueOrThrow({ where: { id } }),
      await prisma().file.findUniqueOrThrow({ where: { id: fileId } }),
    ];
    const before = await both();
    await changeDocuments(pool(), mine(), [{ ...nothing, id, metadata: { mine: true } }]);
    await declareMime(mine(), fileId, "text/html");
    await removeUnused(mine(), fileId);
    expect(await both()).toEqual(before);
    await removeUnused(theirs(), fileId);
    expect(await prisma().file.count({ where: { id: fileId } })).toBe(0);
  });
});
