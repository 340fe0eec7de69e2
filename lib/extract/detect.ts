import { isUtf8 } from "node:buffer";
import { byteOrderMark, charsetParameter } from "./charset.ts";
import { foreignExtensions, foreignType, startsWith } from "./signatures.ts";
import { extensionOf, formatOfExtension, formatOfMime, nameOf } from "./supported.ts";
import type { Format } from "./supported.ts";
import { ExtractError } from "./types.ts";
import type { ExtractInput } from "./types.ts";

/** `zip`: an archive whose entries tell what it is. */
export type Detected = Exclude<Format, "docx" | "pptx" | "xlsx" | "odt" | "ods" | "odp" | "epub"> | "zip";

const binaryFormats = new Set<Format>(["pdf", "docx", "pptx", "xlsx", "odt", "ods", "odp", "epub", "rtf"]);

/**
 * What the bytes are: by their first bytes if those are telling, then by the declared type, then by the extension.
 * @throws ExtractError unsupported_type (with the type in words), encrypted, broken, empty
 */
export function detect(input: ExtractInput): Detected {
  const { bytes } = input;
  if (bytes.byteLength === 0) throw new ExtractError("empty", "The file is empty.");
  const extension = extensionOf(input.filename);
  if (startsWith(bytes, 0, [0x50, 0x4b])) {
    const third = bytes[2];
    if ((third === 3 && bytes[3] === 4) || (third === 5 && bytes[3] === 6) || (third === 7 && bytes[3] === 8))
      return "zip";
  }
  if (startsWith(bytes, 0, [0x7b, 0x5c, 0x72, 0x74, 0x66])) return "rtf";
  if (isPdf(bytes)) return "pdf";
  if (startsWith(bytes, 0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])) throw compoundFile(bytes, extension);
  const foreign = foreignType(bytes);
  if (foreign !== undefined) throw unsupported(foreign);
  return detectText(input, extension);
}

function detectText(input: ExtractInput, extension: string | undefined): Detected {
  const { bytes } = input;
  const mime = input.mime?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (isBinary(bytes, input.mime)) {
    const named = extension === undefined ? undefined : foreignExtensions[extension];
    const format = formatOfMime(mime) ?? formatOfExtension(extension);
    if (format !== undefined && binaryFormats.has(format)) throw notWhatItClaims(format);
    throw unsupported(named ?? (mime !== "" && !isVague(mime) && !mime.startsWith("text/") ? mime : "binary data"));
  }
  const sniffed = sniff(bytes);
  const declared = isVague(mime) ? undefined : formatOfMime(mime);
  const byName = formatOfExtension(extension);
  // Servers call nearly every text file text/plain: then the name knows better.
  const format = declared === undefined || declared === "text" ? (byName ?? declared) : declared;
  if (format !== undefined && binaryFormats.has(format)) {
    // A login or error page in place of the file is a page.
    if (sniffed === "html") return "html";
    throw notWhatItClaims(format);
  }
  if (/^(?:image|audio|video|font)\//.test(mime)) {
    throw unsupported(mime === "image/svg+xml" ? "SVG image" : mime);
  }
  if (extension === "svg" && (format === undefined || format === "xml")) throw unsupported("SVG image");
  if (sniffed === "html" && (format === undefined || format === "text" || format === "xml")) return "html";
  return (format ?? sniffed ?? "text") as Detected;
}

/** The file type in words, for a skip. */
export function unsupported(name: string): ExtractError {
  return new ExtractError("unsupported_type", `The text of this type of file is not read: ${name}.`);
}

function notWhatItClaims(format: Format): ExtractError {
  return new ExtractError("broken", `The file is declared as ${nameOf(format)} but its content is not.`);
}

const isVague = (mime: string) =>
  mime === "" ||
  mime === "application/octet-stream" ||
  mime === "binary/octet-stream" ||
  mime === "application/x-download";

function isPdf(bytes: Uint8Array): boolean {
  if (startsWith(bytes, 0, [0x25, 0x50, 0x44, 0x46, 0x2d])) return true;
  const at = view(bytes, 1024).indexOf("%PDF-");
  // Readers allow some bytes in front; text that merely speaks of it does not count.
  return at > 0 && isBinary(bytes.subarray(at, at + 4096), undefined);
}

/** Word, Excel and PowerPoint before 2007 share one container; so do encrypted new ones and Outlook messages. */
function compoundFile(bytes: Uint8Array, extension: string | undefined): ExtractError {
  const wide = (name: string) => view(bytes, bytes.byteLength).includes(Buffer.from(name, "utf16le"));
  if (wide("EncryptedPackage")) return new ExtractError("encrypted", "The file is protected with a password.");
  const named = extension === undefined ? undefined : foreignExtensions[extension];
  if (named !== undefined) return unsupported(named);
  if (wide("WordDocument")) return unsupported("legacy Word document (.doc)");
  if (wide("Workbook") || wide("Book")) return unsupported("legacy Excel workbook (.xls)");
  if (wide("PowerPoint Document")) return unsupported("legacy PowerPoint presentation (.ppt)");
  if (wide("__substg1.0_")) return unsupported("Outlook message (.msg)");
  return unsupported("legacy Office file");
}

/** Control characters no text has, in the first 8 KiB. */
function isBinary(bytes: Uint8Array, mime: string | undefined): boolean {
  const bom = byteOrderMark(bytes)?.label;
  if (bom === "utf-16le" || bom === "utf-16be") return false;
  if (/^utf-?(?:16|32)/i.test(charsetParameter(mime) ?? "")) return false;
  const end = Math.min(bytes.length, 8192);
  if (end === bytes.length && isUtf8(bytes) && !bytes.includes(0)) return false;
  let odd = 0;
  for (let i = 0; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (c >= 32 || (c >= 7 && c <= 13) || c === 27) continue;
    if (c === 0) odd += 4;
    odd++;
  }
  return odd > 4 && odd * 50 > end;
}

function sniff(bytes: Uint8Array): Detected | undefined {
  const start = view(bytes, 512)
    .toString("latin1")
    .replace(/^(?:\u00ef\u00bb\u00bf)?\s*(?:<!--[\s\S]*?-->\s*)*/, "");
  if (/^<(?:!doctype\s+html|html|head|body)\b/i.test(start)) return "html";
  if (start.startsWith("<?xml")) return /<(?:!doctype\s+html|html)\b/i.test(start) ? "html" : "xml";
  return undefined;
}

function view(bytes: Uint8Array, length: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, length));
}
