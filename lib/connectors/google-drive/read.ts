import { refusalOf } from "../json-api.ts";
import { Failure, ItemGone, ItemSkip, type Content, type Ctx, type ItemRef } from "../types.ts";
import type { DriveConfig } from "./config.ts";
import { googleDriveApi, isAboutOneFile, reasonOf } from "./failures.ts";
import { maxFileBytes, type Way } from "./items.ts";

/** Google exports at most 10 MB of a file. */
const maxExportBytes = 16 * 1024 * 1024;

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/** One file's content: exported where it is Google's own, downloaded where it is not. */
export async function readFile(ctx: Ctx<DriveConfig>, item: ItemRef): Promise<Content> {
  switch (wayOf(item)) {
    case "doc": {
      const { bytes } = await exported(ctx, item, ["text/markdown", "text/plain"]);
      return { kind: "markdown", markdown: withoutImages(textOf(bytes)), type: "google_doc" };
    }
    case "sheet": {
      // CSV has the first sheet alone, but no other format is smaller than a workbook.
      const { bytes, mime } = await exported(ctx, item, [xlsx, "text/csv"]);
      if (mime !== xlsx) ctx.note(`“${item.title}” is too large for Google to export; only its first sheet is stored.`);
      return {
        ...file(bytes, mime, mime === xlsx ? "sheet.xlsx" : "sheet.csv"),
        type: "google_sheet",
        title: item.title,
      };
    }
    case "slides": {
      const { bytes, mime } = await exported(ctx, item, [pptx, "text/plain"]);
      if (mime !== pptx) return { kind: "markdown", markdown: textOf(bytes), type: "google_slide" };
      return { ...file(bytes, mime, "slides.pptx"), type: "google_slide", title: item.title };
    }
    case "file": {
      const bytes = await fetchBytes(ctx, item, { alt: "media", supportsAllDrives: "true" }, "", maxFileBytes);
      return file(bytes, item.mime, item.title);
    }
  }
}

/** The first of these formats that Google does not find too large. */
async function exported(
  ctx: Ctx<DriveConfig>,
  item: ItemRef,
  formats: readonly string[],
): Promise<{ bytes: Uint8Array; mime: string }> {
  for (const mime of formats) {
    try {
      return { bytes: await fetchBytes(ctx, item, { mimeType: mime }, "/export", maxExportBytes), mime };
    } catch (error) {
      if (reasonOf(error) !== "exportSizeLimitExceeded") throw error;
    }
  }
  throw new ItemSkip("too_large", "Google exports at most 10 MB of a file. Split it, or take large images out of it.");
}

async function fetchBytes(
  ctx: Ctx<DriveConfig>,
  item: ItemRef,
  parameters: Readonly<Record<string, string>>,
  verb: "" | "/export",
  maxBytes: number,
): Promise<Uint8Array> {
  const query = new URLSearchParams(parameters).toString();
  const url = `${ctx.api}/files/${encodeURIComponent(item.id)}${verb}?${query}`;
  const reply = await ctx.http.request(url, { maxBytes, signal: ctx.signal });
  if (reply.status >= 200 && reply.status < 300) return reply.bytes();
  throw meaning(await refusalOf(googleDriveApi, reply), item);
}

/** What a refusal says about this one file; anything else concerns the whole run. */
function meaning(error: Error, item: ItemRef): Error {
  if (!(error instanceof Failure)) return error;
  if (error.kind === "missing" || error.kind === "cursor_expired") return new ItemGone(`${item.title} is gone.`);
  const reason = reasonOf(error);
  if (reason === "exportSizeLimitExceeded") return error;
  if (reason === "cannotDownloadAbusiveFile")
    return new ItemSkip("denied", "Google takes it for malware or spam and does not give it out.");
  if (reason === "fileNotDownloadable" || reason === "fileNotExportable")
    return new ItemSkip("unsupported_type", "Google gives out no content of files of its type.");
  if (isAboutOneFile(error)) return new ItemSkip("denied", "Google does not let this account download it.");
  // A request that only this file can have made wrong must not stop the others.
  if (error.kind === "permanent")
    return new Failure("transient", `${error.message} It was about “${item.title}”.`, { fix: error.fix, cause: error });
  return error;
}

function file(bytes: Uint8Array, mime: string | undefined, filename: string): Extract<Content, { kind: "bytes" }> {
  return { kind: "bytes", bytes, filename, ...(mime === undefined ? {} : { mime }) };
}

function wayOf(item: ItemRef): Way {
  const { data } = item;
  const way = typeof data === "object" && data !== null && "way" in data ? data.way : null;
  return way === "doc" || way === "sheet" || way === "slides" ? way : "file";
}

/** UTF-8, without the byte order mark Google begins plain text with. */
const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8").decode(bytes);

/**
 * Google's Markdown carries every image as base64: megabytes that say nothing. Their captions stay. No part of a pattern
 * may run over where another one can begin: texts are long.
 */
export function withoutImages(markdown: string): string {
  return markdown
    .replaceAll(/^ {0,3}\[[^\]\n]{1,200}\]: ?<?data:[^\n]*\n?/gm, "")
    .replaceAll(/!\[((?:\\.|[^[\]\\\n]){0,2000})\](?:\[image\d+\]|\(<?data:[\w+/=;,:.%-]*>?\))/g, "$1");
}
