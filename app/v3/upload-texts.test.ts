import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { processDocument } from "#lib/documents/process.ts";
import { createHttp } from "#lib/egress/http.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import { docx } from "#lib/extract/testing/office.ts";
import { pdf } from "#lib/extract/testing/pdf.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { testApi } from "#lib/testing/api.ts";

/** Uploaded files, by the official client, through the worker's steps, to what the client then gets. */

const api = testApi();
const extractor = createExtractor({ threads: 1 });
afterAll(() => extractor.close());
const never = new AbortController().signal;

async function throughTheWorker(file: File) {
  const { id, status } = await api.client.documents.uploadFile({ file });
  expect(status).toBe("queued");
  await processDocument({ createHttp, extractor }, id, never);
  await indexOrganization(api.acme.organizationId, never);
  return api.client.documents.get(id);
}

describe("an uploaded file becomes a document", () => {
  test.each<readonly [name: string, type: string, bytes: () => Uint8Array | string, title: string, text: string]>([
    [
      "plan.pdf",
      "application/pdf",
      () => pdf([["Quarterly plan", "Grow cabbage"]], "The plan"),
      "The plan",
      "Grow cabbage",
    ],
    ["team.docx", "", () => docx(), "", "Team"],
    [
      "page.html",
      "text/html",
      () => "<title>Garden</title><main><h1>Beds</h1><p>Water daily</p></main>",
      "Garden",
      "Water daily",
    ],
    ["notes.md", "text/markdown", () => "# Sowing\n\nIn **spring**.", "", "In **spring**."],
    ["table.csv", "text/csv", () => "plant,days\nkale,60\n", "", "| kale | 60 |"],
    ["utf16.txt", "text/plain", () => Buffer.from("\ufeffgr\u00fcn", "utf16le"), "", "gr\u00fcn"],
    ["noextension", "application/octet-stream", () => pdf([["Told by its bytes"]]), "", "Told by its bytes"],
  ])("%s", async (name, type, bytes, title, text) => {
    const document = await throughTheWorker(new File([new Uint8Array(Buffer.from(bytes()))], name, { type }));
    expect(document.status).toBe("done");
    expect(document.content).toContain(text);
    expect(document.title).toEqual(title === "" ? expect.stringMatching(/./) : title);
  });
});

describe("a file that is not what it seems fails in words, never done and empty", () => {
  test.each<readonly [name: string, bytes: Uint8Array, why: RegExp]>([
    ["notes.md", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), /PNG image/],
    ["old.doc", Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]), /\.doc|Office/],
    ["broken.pdf", Buffer.from("%PDF-1.7\nnothing of the sort"), /./],
    ["noise", randomBytes(4_096), /not read/],
    ["blank.txt", Buffer.from(" \n\n "), /./],
  ])("%s", async (name, bytes, why) => {
    const document = await throughTheWorker(new File([new Uint8Array(bytes)], name));
    const { status, failure } = document as { status: string; failure?: string };
    expect(status).toBe("failed");
    expect(failure).toMatch(why);
  });
});
