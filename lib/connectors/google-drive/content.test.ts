import { describe, expect, test } from "vitest";
import { pdf } from "#lib/extract/testing/pdf.ts";
import { mimes } from "./fake/store.ts";
import { withoutImages } from "./read.ts";
import { driveTests } from "./testing/drive-tests.ts";

const drive = driveTests();
const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const sheets = [
  {
    name: "Plans",
    rows: [
      ["Plan", "Price"],
      ["Team", "79"],
    ],
  },
  {
    name: "Discounts",
    rows: [
      ["Seats", "Discount"],
      ["50", "12 percent"],
    ],
  },
];
const slides = [
  { title: "Launch", lines: ["One message"], notes: "Begin with the customer." },
  { title: "Dates", lines: ["Third of May"] },
];

describe("what is stored of a file", () => {
  test("Docs as Markdown, every sheet of Sheets as a table, Slides with their notes, PDFs and text as they are", async () => {
    const { source, sync, texts, types } = await drive.start();
    source.add({ name: "Doc", mimeType: mimes.doc, body: { text: "# Title\n\n- one\n- two\n" } });
    source.add({ name: "Sheet", mimeType: mimes.sheet, body: { sheets } });
    source.add({ name: "Slides", mimeType: mimes.slides, body: { slides } });
    source.add({ name: "Contract.pdf", mimeType: "application/pdf", body: { bytes: pdf([["Within ten days."]]) } });
    source.add({ name: "notes.txt", body: { text: "Plain words." } });
    await sync();
    const stored = await texts();
    expect(stored.get("Doc")).toBe("# Title\n\n- one\n- two\n");
    expect(stored.get("Sheet")).toMatch(/## Plans[\s\S]*\| Team \| 79 \|[\s\S]*## Discounts[\s\S]*12 percent/);
    expect(stored.get("Slides")).toMatch(/Launch[\s\S]*One message[\s\S]*Begin with the customer\.[\s\S]*Third of May/);
    expect(stored.get("Contract.pdf")).toContain("Within ten days.");
    expect(stored.get("notes.txt")).toContain("Plain words.");
    expect(Object.fromEntries(await types())).toEqual({
      Doc: "google_doc",
      Sheet: "google_sheet",
      Slides: "google_slide",
      "Contract.pdf": "pdf",
      "notes.txt": "text",
    });
  });

  test("the pictures in Google's Markdown are left out, their captions stay", () => {
    const markdown = [
      "Before ![a chart of sales][image1] and ![](data:image/png;base64,AAAA) after.",
      "",
      "[image1]: <data:image/png;base64,iVBORw0KGgo=>",
      "[image2]: data:image/jpeg;base64,/9j/4AAQ",
      "",
      "[kept]: https://example.com/data:x",
      "Text with ![link](https://example.com/a.png).",
    ].join("\n");
    expect(withoutImages(markdown)).toBe(
      [
        "Before a chart of sales and  after.",
        "",
        "",
        "[kept]: https://example.com/data:x",
        "Text with ![link](https://example.com/a.png).",
      ].join("\n"),
    );
  });

  test("leaving pictures out takes time in proportion to the text, whatever is written in it", () => {
    const begun = performance.now();
    for (const part of ["![", "![](data:", "[a]: data:", "![a\\]"]) {
      const text = part.repeat(500_000);
      expect(withoutImages(text).length).toBeLessThanOrEqual(text.length);
    }
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(withoutImages("![a \\[small\\] chart][image1]")).toBe("a \\[small\\] chart");
  });

  test("what is over Google's export limit is taken in a lighter format, or named with the remedy (C12)", async () => {
    const { source, sync, texts, types, issues } = await drive.start();
    source.add({ name: "Doc", mimeType: mimes.doc, body: { text: "Words" }, tooLarge: ["text/markdown"] });
    source.add({ name: "Sheet", mimeType: mimes.sheet, body: { sheets }, tooLarge: [xlsx] });
    source.add({ name: "Slides", mimeType: mimes.slides, body: { slides }, tooLarge: [pptx] });
    source.add({
      name: "Huge",
      mimeType: mimes.doc,
      body: { text: "Words" },
      tooLarge: ["text/markdown", "text/plain"],
    });
    source.add({ name: "Small", mimeType: mimes.doc, body: { text: "Small words" } });
    const run = await sync();
    const stored = await texts();
    expect(stored.get("Doc")).toBe("Words");
    expect(stored.get("Sheet")).toContain("| Team | 79 |");
    expect(stored.get("Sheet")).not.toContain("12 percent");
    expect(run.notes.join()).toContain("only its first sheet");
    expect(stored.get("Slides")).toContain("Third of May");
    expect(stored.get("Small")).toBe("Small words");
    expect((await types()).get("Sheet")).toBe("google_sheet");
    expect(await issues()).toMatchObject([
      { title: "Huge", reason: "too_large", detail: expect.stringContaining("10 MB") as string },
    ]);
    expect(await sync()).toMatchObject({ reads: 0, failed: 0 });
  });

  test("Forms, pictures and files that are too large are named, not downloaded", async () => {
    const { source, sync, issues } = await drive.start();
    source.add({ name: "Survey", mimeType: mimes.form });
    source.add({ name: "Site", mimeType: "application/vnd.google-apps.site" });
    source.add({ name: "Third party", mimeType: "application/vnd.google-apps.drive-sdk.1234" });
    source.add({ name: "Photo", mimeType: "image/jpeg", body: { text: "x" } });
    source.add({ name: "backup.zip", mimeType: "application/zip", body: { text: "x" } });
    source.add({ name: "Empty.txt", body: { text: "" } });
    source.add({ name: "Huge.pdf", mimeType: "application/pdf", body: { text: "x" }, odd: { size: "90000000" } });
    source.add({ name: "Folder", mimeType: mimes.folder });
    expect(await sync()).toMatchObject({ reads: 0, new: 0, skipped: 7 });
    expect((await issues()).map(({ title, reason }) => [title, reason])).toEqual([
      ["backup.zip", "unsupported_type"],
      ["Empty.txt", "empty"],
      ["Huge.pdf", "too_large"],
      ["Photo", "unsupported_type"],
      ["Site", "unsupported_type"],
      ["Survey", "unsupported_type"],
      ["Third party", "unsupported_type"],
    ]);
  });

  test("a file the account may not download, or Google takes for malware, is skipped; the others are stored (C12)", async () => {
    const { source, sync, titles, issues } = await drive.start();
    const locked = source.add({
      name: "Locked.pdf",
      mimeType: "application/pdf",
      body: { text: "x" },
      refuses: "cannotDownloadFile",
    });
    source.add({
      name: "Refused.txt",
      body: { text: "x" },
      refuses: "insufficientFilePermissions",
      odd: { capabilities: undefined },
    });
    source.add({
      name: "Virus.txt",
      body: { text: "x" },
      refuses: "cannotDownloadAbusiveFile",
      odd: { capabilities: { canDownload: true } },
    });
    source.add({ name: "Good.txt", body: { text: "Good words." } });
    await sync();
    expect(await titles()).toEqual(["Good.txt"]);
    expect((await issues()).map(({ title, reason }) => [title, reason])).toEqual([
      ["Locked.pdf", "denied"],
      ["Refused.txt", "denied"],
      ["Virus.txt", "denied"],
    ]);
    // Permission is given: the log says so.
    source.store.update(locked, {
      refuses: null,
      mimeType: "text/plain",
      name: "Locked.txt",
      body: { text: "Now open." },
    });
    await sync();
    expect(await titles()).toEqual(["Good.txt", "Locked.txt"]);
  });

  test("a file that is gone when it is read does not stop the run (C12)", async () => {
    const { source, sync, titles } = await drive.start();
    source.add({ name: "Good.txt", body: { text: "Good words." } });
    const id = source.add({ name: "Gone.txt", body: { text: "Gone." } });
    source.before = (url) => {
      if (url.pathname.endsWith("Gone") || url.searchParams.get("alt") === "media") source.store.delete(id);
    };
    await sync();
    expect(await titles()).not.toContain("Gone.txt");
    expect(await titles()).toContain("Good.txt");
  });

  test("a document says where it is, whose it is and when it changed", async () => {
    const { source, sync, it } = await drive.start();
    const id = source.add({
      name: "Doc",
      mimeType: mimes.doc,
      body: { text: "Words" },
      modifiedMs: Date.UTC(2025, 4, 3),
    });
    source.file(id).odd = { webViewLink: `https://docs.google.com/document/d/${id}/edit` };
    await sync();
    const { pool } = await import("#lib/db/client.ts");
    const { rows } = await pool().query<{ url: string; metadata: unknown; custom_id: string; at: Date }>(
      "select url, metadata, custom_id, source_updated_at as at from documents where connection_id = $1",
      [it.connectionId],
    );
    expect(rows[0]).toEqual({
      url: `https://docs.google.com/document/d/${id}/edit`,
      custom_id: `google-drive:${id}`,
      metadata: { mimeType: mimes.doc, owner: "ada@example.com" },
      at: new Date(Date.UTC(2025, 4, 3)),
    });
  });
});
