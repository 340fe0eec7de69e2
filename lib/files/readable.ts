import { unsupportedKind } from "#lib/connectors/file-types.ts";
import { extensionOf, formatOfExtension, formatOfMime, supportedTypes } from "#lib/extract/supported.ts";

/** What a sender says about a file: all of it hints, of which the content may prove the opposite. */
export interface Described {
  readonly name: string;
  /** MIME type, parameters allowed */
  readonly mime: string | null;
  /** the protocol's word for it: pdf, image, … */
  readonly fileType?: string | undefined;
}

const media = /^(image|audio|video|font)\//i;

/**
 * Why a file that is described like this cannot become a document, so that it need not be stored first; undefined when
 * its content decides. A name with an extension we read wins over the type: browsers call TypeScript a video.
 */
export function unreadable({ name, mime, fileType }: Described): string | undefined {
  if (formatOfExtension(extensionOf(name)) !== undefined) return undefined;
  const kind =
    unsupportedKind(name) ??
    (mime !== null && media.test(mime) ? typeOf(mime) : undefined) ??
    (fileType === "image" || fileType === "video" ? fileType : undefined);
  if (kind === undefined) return undefined;
  return `the text of this type of file is not read: ${kind}. Supported: ${supported}`;
}

const supported = supportedTypes.map((type) => type.name).join(", ");

/** The hints as one MIME type for extraction, without what the name contradicts. */
export function mimeHint({ name, mime, fileType }: Described): string | null {
  const named = formatOfExtension(extensionOf(name)) !== undefined;
  if (mime !== null && mime !== "" && typeOf(mime) !== "application/octet-stream")
    return named && formatOfMime(typeOf(mime)) === undefined ? null : mime;
  return named ? null : (fileTypes.get(fileType ?? "") ?? null);
}

const fileTypes: ReadonlyMap<string, string> = new Map([
  ["text", "text/plain"],
  ["pdf", "application/pdf"],
  ["webpage", "text/html"],
]);

function typeOf(mime: string): string {
  return (mime.split(";", 1)[0] ?? "").trim().toLowerCase();
}
