import { AppError } from "#lib/contract/errors.ts";

/**
 * A multipart body (RFC 2046, 7578) read as it arrives: whoever reads asks for the next part, then for its content piece
 * by piece, and nothing is fetched that nobody asked for. How the bytes were cut up on the way makes no difference.
 */

const headBytesMax = 8_192;
/** Text before the first boundary is allowed and means nothing. */
const preambleBytesMax = 8_192;
/** Spaces between a boundary and the end of its line are allowed, too. */
const paddingBytesMax = 100;

const lineEnd = "\r\n";
const carriageReturn = 0x0d;

/** Header names in lower case. */
export type PartHead = ReadonlyMap<string, string>;

export class Multipart {
  /** the next bytes of the body, undefined when that was all */
  readonly #pull: () => Promise<Uint8Array | undefined>;
  readonly #delimiter: Buffer;
  /** fetched and not looked at; begins with a line end, so that a boundary at the very start is like any other */
  #rest: Buffer = Buffer.from(lineEnd);
  #at: "preamble" | "content" | "boundary" | "end" = "preamble";

  constructor(pull: () => Promise<Uint8Array | undefined>, boundary: string) {
    this.#pull = pull;
    this.#delimiter = Buffer.from(`${lineEnd}--${boundary}`, "latin1");
  }

  /** The head of the next part; what is left of the one before is passed over. Undefined after the last. @throws AppError */
  async next(): Promise<PartHead | undefined> {
    let skipped = 0;
    for (let piece = await this.#piece(); piece; piece = await this.#piece()) {
      skipped += piece.byteLength;
      if (this.#at === "preamble" && skipped > preambleBytesMax)
        throw malformed("No part begins: the boundary in the Content-Type is not the one in the body.");
    }
    if (this.#at === "end" || (await this.#isLast())) {
      this.#at = "end";
      return undefined;
    }
    const head = await this.#head();
    this.#at = "content";
    return head;
  }

  /** What is left of the current part's content. @throws AppError */
  async *content(): AsyncGenerator<Uint8Array, void, void> {
    for (let piece = await this.#piece(); piece; piece = await this.#piece()) yield piece;
  }

  /** The bytes up to the next boundary, some at a time, never none; undefined when there are no more. */
  async #piece(): Promise<Uint8Array | undefined> {
    while (this.#at === "preamble" || this.#at === "content") {
      const found = this.#rest.indexOf(this.#delimiter);
      if (found === 0) {
        this.#take(this.#delimiter.length);
        this.#at = "boundary";
        return undefined;
      }
      const length = found > 0 ? found : this.#rest.length - this.#heldBack();
      if (length > 0) return this.#take(length);
      await this.#more();
    }
    return undefined;
  }

  /** How many bytes at the end may be the beginning of a boundary, which has one carriage return: its first byte. */
  #heldBack(): number {
    const from = this.#rest.lastIndexOf(carriageReturn);
    const length = this.#rest.length - from;
    if (from < 0 || length >= this.#delimiter.length) return 0;
    return this.#rest.subarray(from).equals(this.#delimiter.subarray(0, length)) ? length : 0;
  }

  /** Reads the rest of a boundary's line. */
  async #isLast(): Promise<boolean> {
    while (this.#rest.length < 2) await this.#more();
    if (this.#rest.toString("latin1", 0, 2) === "--") return true;
    const padding = await this.#upTo(lineEnd, paddingBytesMax);
    if (padding === undefined || !/^[ \t]*$/.test(padding.toString("latin1")))
      throw malformed("A boundary is followed by something that does not belong there.");
    return false;
  }

  async #head(): Promise<PartHead> {
    while (this.#rest.length < 2) await this.#more();
    if (this.#rest.toString("latin1", 0, 2) === lineEnd) {
      this.#take(2);
      return new Map();
    }
    const bytes = await this.#upTo(lineEnd + lineEnd, headBytesMax);
    if (bytes === undefined)
      throw malformed(`The head of a part is longer than ${headBytesMax.toLocaleString("en")} bytes.`);
    return headOf(bytes);
  }

  /** Takes what is before `end`, and `end` with it; undefined if more than `most` bytes are. */
  async #upTo(end: string, most: number): Promise<Buffer | undefined> {
    for (;;) {
      const found = this.#rest.indexOf(end, 0, "latin1");
      if (found > most || (found < 0 && this.#rest.length > most + end.length)) return undefined;
      if (found >= 0) {
        const taken = this.#take(found);
        this.#take(end.length);
        return taken;
      }
      await this.#more();
    }
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    const pulled = await this.#pull();
    if (!pulled) throw malformed("The body ends before its last boundary.");
    const bytes = Buffer.from(pulled.buffer, pulled.byteOffset, pulled.byteLength);
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
  }
}

function headOf(bytes: Buffer): PartHead {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed("The head of a part is not valid UTF-8.");
  }
  const head = new Map<string, string>();
  for (const line of text.split(lineEnd)) {
    const header = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\r\n\0]*)$/.exec(line);
    const name = header?.[1]?.toLowerCase();
    if (name === undefined || head.has(name)) throw malformed("The head of a part is not a list of headers.");
    head.set(name, header?.[2]?.trim() ?? "");
  }
  return head;
}

function malformed(details: string): AppError {
  return new AppError("invalid_request", "The form cannot be read.", { details });
}
