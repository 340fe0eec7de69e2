import { SaxesParser } from "saxes";
import { charsetParameter, decodeBytes } from "./charset.ts";
import { ExtractError } from "./types.ts";

/** Receives the elements of an XML part. Names are local: the prefix is a choice of the writer. */
export interface XmlHandler {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  text(text: string): void;
}

const MAX_DEPTH = 256;
const MAX_ATTRIBUTES = 1_000;
const MAX_TEXT = 100 * 1024 * 1024;
/** Characters handed to the parser at once. */
const STEP = 256 * 1024;

/**
 * Parses one XML part from an archive. Nothing is fetched or included, a DOCTYPE ends it (so there are no entities to
 * expand), depth and attributes are bounded, and so is time: every character is looked at once.
 * @throws ExtractError bomb, broken
 */
export function parseXml(bytes: Uint8Array, handler: XmlHandler): void {
  const text = decodeXml(bytes);
  const parser = new SaxesParser({ xmlns: false, position: false });
  let depth = 0;
  let attributes = 0;
  parser.on("doctype", () => {
    throw new ExtractError("bomb", "The file was refused: its XML declares a document type.");
  });
  parser.on("error", (error) => {
    throw error instanceof ExtractError
      ? error
      : new ExtractError("broken", "The file is damaged: its XML cannot be read.");
  });
  parser.on("opentagstart", () => {
    attributes = 0;
    if (++depth > MAX_DEPTH) throw new ExtractError("bomb", "The file was refused: its XML is nested too deeply.");
  });
  parser.on("attribute", () => {
    if (++attributes > MAX_ATTRIBUTES) {
      throw new ExtractError("bomb", "The file was refused: an XML element has too many attributes.");
    }
  });
  parser.on("opentag", (tag) => handler.open(localName(tag.name), localNames(tag.attributes)));
  parser.on("closetag", (tag) => {
    depth--;
    handler.close(localName(tag.name));
  });
  parser.on("text", (part) => handler.text(part));
  parser.on("cdata", (part) => handler.text(part));
  for (let i = 0; i < text.length; i += STEP) parser.write(text.slice(i, i + STEP));
  parser.close();
}

/** XML is UTF-8 unless its mark or declaration says otherwise. */
export function decodeXml(bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_TEXT) throw new ExtractError("too_large", "A part of the file is too large to be read.");
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 200)).toString("latin1");
  const label = /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  return decodeBytes(bytes, charsetParameter(`;charset=${label ?? "utf-8"}`));
}

function localName(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
}

/**
 * Attributes under their local names; where two would collide (`id` and `r:id`) the prefixed one is kept under its
 * full name too.
 */
function localNames(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const result: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(attributes)) {
    const text = typeof value === "string" ? value : String((value as { value?: unknown }).value ?? "");
    const local = localName(name);
    if (local !== name) result[name] = text;
    if (!(local in result) || local === name) result[local] = text;
  }
  return result;
}

/** Relationships of an OOXML part: id → target path inside the archive, or the external address. */
export interface Relationship {
  readonly type: string;
  readonly target: string;
  readonly external: boolean;
}

/** Reads `_rels/x.rels` beside a part; targets are resolved against the part's folder. */
export function readRelationships(bytes: Uint8Array | undefined, part: string): Map<string, Relationship> {
  const relations = new Map<string, Relationship>();
  if (bytes === undefined) return relations;
  parseXml(bytes, {
    open(name, attributes) {
      const { Id: id, Target: target, Type: type, TargetMode: mode } = attributes;
      if (name !== "Relationship" || id === undefined || target === undefined) return;
      const external = mode === "External";
      relations.set(id, {
        type: type?.slice(type.lastIndexOf("/") + 1) ?? "",
        target: external ? target : resolvePart(part, target),
        external,
      });
    },
    close() {},
    text() {},
  });
  return relations;
}

/** Name of the relationships part of a part. */
export function relationshipsOf(part: string): string {
  const slash = part.lastIndexOf("/") + 1;
  return `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
}

/** `../media/x` as seen from `ppt/slides/slide1.xml`; never leaves the archive. */
export function resolvePart(from: string, target: string): string {
  const path = target.startsWith("/") ? target.slice(1) : from.slice(0, from.lastIndexOf("/") + 1) + target;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "." && segment !== "") segments.push(segment);
  }
  return segments.join("/");
}

/** First text of an element with this local name, e.g. the `title` of document properties. */
export function firstText(bytes: Uint8Array | undefined, element: string): string | undefined {
  if (bytes === undefined) return undefined;
  let text = "";
  let inside = false;
  let done = false;
  parseXml(bytes, {
    open(name) {
      if (name === element && !done) inside = true;
    },
    close(name) {
      if (name === element && inside) {
        inside = false;
        done = text.trim() !== "";
      }
    },
    text(part) {
      if (inside && !done && text.length < 2000) text += part;
    },
  });
  const clean = text.replace(/\s+/g, " ").trim();
  return clean === "" ? undefined : clean;
}
