import { AppError } from "#lib/contract/errors.ts";
import { isStorable } from "#lib/contract/storable.ts";
import { fileBytesMax } from "#lib/files/limits.ts";
import { fileName, nameCharsMax } from "#lib/files/name.ts";
import { drain } from "./body.ts";
import { dispositionOf } from "./content-disposition.ts";
import { Multipart, type PartHead } from "./multipart.ts";

/**
 * A form with one file and some texts, in any order, as it streams in. Whatever is wrong is said as soon as it is seen,
 * not when everything has arrived.
 */

const fieldsMax = 20;
const fieldNameMax = 100;
/** The longest text the operations allow has 100,000 characters, of up to four bytes each. */
const fieldBytesMax = 400_000;
/** All fields together are no more than a JSON body; heads and boundaries need some room. */
const restBytesMax = 1_500_000;

export interface UploadedFile {
  /** never empty */
  readonly name: string;
  /** as declared for the part; null = not declared */
  readonly mime: string | null;
  /** at most fileBytesMax bytes; throws when there are more */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface FormOptions {
  /** names of the texts that mean something; others are read and left out */
  readonly fields: ReadonlySet<string>;
  /** Takes the whole content of the file. `before` holds the texts that came before it. */
  readonly onFile: (file: UploadedFile, before: ReadonlyMap<string, string>) => Promise<void>;
}

/**
 * The texts of the form, once all of it was read.
 * @throws AppError unsupported_media_type, too_large, invalid_request naming the field; whatever onFile throws. The rest
 *   of the body is then taken off the line beside the reply.
 */
export async function readForm(request: Request, options: FormOptions): Promise<ReadonlyMap<string, string>> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = request.body?.getReader();
  try {
    const boundary = boundaryOf(request.headers.get("content-type"));
    if (Number(request.headers.get("content-length") ?? 0) > fileBytesMax + restBytesMax) throw tooLarge();
    const texts = await readParts(new Multipart(bounded(reader), boundary), options);
    // What follows the last boundary means nothing.
    drain(reader);
    return texts;
  } catch (error) {
    drain(reader);
    throw error;
  }
}

async function readParts(form: Multipart, { fields, onFile }: FormOptions): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const seen = new Set<string>();
  for (let head = await form.next(); head; head = await form.next()) {
    const { name, filename } = partOf(head);
    if (seen.has(name)) throw invalid(name, "was sent more than once");
    seen.add(name);
    if (seen.size > fieldsMax + 1) throw invalid("body", `must not have more than ${fieldsMax} fields beside the file`);
    if (name === "file") {
      const file = { name: nameOf(filename), mime: mimeOf(head), content: wholeFile(form) };
      await onFile(file, texts);
    } else if (fields.has(name)) {
      texts.set(name, await textOf(form, name));
    } else {
      if (filename !== undefined) throw invalid(name, "is not the name of the part with the file, which is: file");
      await textOf(form, name);
    }
  }
  if (!seen.has("file")) throw invalid("file", "is missing");
  return texts;
}

/** @throws AppError unsupported_media_type, invalid_request */
function boundaryOf(contentType: string | null): string {
  const [, parameters = ""] = /^\s*multipart\/form-data\s*(;.*)?$/is.exec(contentType ?? "") ?? [];
  if (contentType === null || !/^\s*multipart\/form-data\s*(;|$)/i.test(contentType))
    throw new AppError("unsupported_media_type", "The request body must be a form.", {
      details: "Send it as multipart/form-data, with the file in the part file.",
    });
  // RFC 2046: 1 to 70 characters of these, quoted or not.
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]*)"|([^\s;"]*))\s*(?:;|$)/i.exec(parameters) ?? [];
  const boundary = quoted ?? bare ?? "";
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary))
    throw invalid("Content-Type", "must name a boundary of 1 to 70 characters");
  return boundary;
}

/** The body's bytes, until they are more than any allowed form has. */
function bounded(reader: ReadableStreamDefaultReader<Uint8Array> | undefined) {
  let total = 0;
  return async (): Promise<Uint8Array | undefined> => {
    let step;
    try {
      step = await reader?.read();
    } catch (cause) {
      throw new AppError("invalid_request", "The request body ended early.", { cause });
    }
    if (!step || step.done) return undefined;
    total += step.value.byteLength;
    if (total > fileBytesMax + restBytesMax) throw tooLarge();
    return step.value;
  };
}

async function* wholeFile(form: Multipart): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for await (const piece of form.content()) {
    bytes += piece.byteLength;
    if (bytes > fileBytesMax) throw tooLarge();
    yield piece;
  }
  if (bytes === 0) throw invalid("file", "is empty");
}

/** @throws AppError invalid_request for more than a field may have, and for what is no text */
async function textOf(form: Multipart, name: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of form.content()) {
    bytes += piece.byteLength;
    if (bytes > fieldBytesMax)
      throw invalid(name, `must not be larger than ${fieldBytesMax.toLocaleString("en")} bytes`);
    pieces.push(piece);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces, bytes));
  } catch {
    throw invalid(name, "is not valid UTF-8");
  }
  if (!isStorable(text)) throw invalid(name, "contains characters that cannot be stored (NUL)");
  return text;
}

function partOf(head: PartHead): { readonly name: string; readonly filename?: string } {
  const disposition = dispositionOf(head.get("content-disposition") ?? "");
  const name = disposition?.name ?? "";
  if (disposition?.type !== "form-data" || name === "" || !isStorable(name))
    throw invalid("body", "has a part whose Content-Disposition does not give it a name");
  if (name.length > fieldNameMax)
    throw invalid(name.slice(0, fieldNameMax), `is a name of more than ${fieldNameMax} characters`);
  // No client of this century encodes parts, and storing the encoding for the content would be worse than a refusal.
  if (!/^(|7bit|8bit|binary)$/i.test(head.get("content-transfer-encoding") ?? ""))
    throw invalid(name, "must be sent as it is, without a Content-Transfer-Encoding");
  return { name, ...(disposition.filename !== undefined && { filename: disposition.filename }) };
}

function nameOf(filename: string | undefined): string {
  const name = fileName(filename);
  if (name.length > nameCharsMax) throw invalid("file", `must have a name of at most ${nameCharsMax} characters`);
  return name;
}

function mimeOf(head: PartHead): string | null {
  const declared = head.get("content-type");
  return declared !== undefined && /^[\w.+-]+\/[\w.+-]+\s*(;[\x20-\x7e]*)?$/.test(declared) && declared.length <= 255
    ? declared
    : null;
}

function tooLarge(): AppError {
  return new AppError("too_large", "The file is too large.", {
    fields: [{ path: "file", message: `must not be larger than 50 MB (${fileBytesMax.toLocaleString("en")} bytes)` }],
  });
}

function invalid(path: string, message: string): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields: [{ path, message }] });
}
