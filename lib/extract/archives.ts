import { inflateRawSync } from "node:zlib";
import yauzl from "yauzl";
import type { Entry, ZipFile } from "yauzl";
import { ExtractError } from "./types.ts";

/**
 * The guard in front of every zip-based format. The central directory is judged before anything is inflated, and what
 * is inflated is counted: no library ever sees an archive that was not checked, only entries taken from here.
 */
export interface Archive {
  /** names of all files in it, in the archive's order */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** The content of an entry; undefined when there is none of that name. @throws ExtractError bomb, broken, encrypted */
  read(name: string): Buffer | undefined;
}

const MiB = 1024 * 1024;
const MAX_ENTRIES = 2_000;
const MAX_BYTES = 100 * MiB;
const MAX_RATIO = 100;
/** Below this size a high ratio is a short file of repetitions, not a bomb. */
const RATIO_FROM = MiB;
const MAX_NAME = 1024;

interface Stored {
  readonly entry: Entry;
  readonly start: number;
}

/** Opens and judges a zip archive. @throws ExtractError bomb, broken, encrypted */
export async function openArchive(bytes: Uint8Array): Promise<Archive> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await open(buffer);
  if (zip.entryCount > MAX_ENTRIES) {
    throw bomb(`${zip.entryCount.toLocaleString("en")} entries, at most ${MAX_ENTRIES.toLocaleString("en")} are read`);
  }
  const entries = await readEntries(zip);
  judge(entries, buffer.length);
  const stored = new Map<string, Stored>();
  for (const entry of entries) {
    if (entry.fileName.endsWith("/")) continue;
    if (stored.has(entry.fileName)) throw damaged("the same entry twice");
    stored.set(entry.fileName, { entry, start: await dataStart(zip, entry) });
  }
  noOverlaps([...stored.values()], buffer.length);
  return new CheckedArchive(buffer, stored);
}

class CheckedArchive implements Archive {
  readonly names: readonly string[];
  private readonly buffer: Buffer;
  private readonly stored: ReadonlyMap<string, Stored>;
  private inflated = 0;

  constructor(buffer: Buffer, stored: ReadonlyMap<string, Stored>) {
    this.buffer = buffer;
    this.stored = stored;
    this.names = [...stored.keys()];
  }

  has(name: string): boolean {
    return this.stored.has(name);
  }

  read(name: string): Buffer | undefined {
    const found = this.stored.get(name);
    if (found === undefined) return undefined;
    const { entry, start } = found;
    if (entry.isEncrypted()) throw encrypted();
    this.inflated += entry.uncompressedSize;
    if (this.inflated > MAX_BYTES) throw bomb("more than 100 MB unpacked");
    const data = this.buffer.subarray(start, start + entry.compressedSize);
    if (entry.compressionMethod === 0) return data;
    if (entry.compressionMethod !== 8) throw damaged("an unknown compression method");
    return inflate(data, entry.uncompressedSize);
  }
}

/** Inflates to exactly the declared size: one byte more and it stops. */
function inflate(data: Buffer, size: number): Buffer {
  if (size === 0) return Buffer.alloc(0);
  let content: Buffer;
  try {
    content = inflateRawSync(data, { maxOutputLength: size });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ERR_BUFFER_TOO_LARGE"
      ? bomb("an entry that is larger than declared")
      : damaged("an entry that does not unpack");
  }
  if (content.length !== size) throw damaged("an entry that is shorter than declared");
  return content;
}

function open(buffer: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(buffer, { lazyEntries: true, strictFileNames: false }, (error, zip) => {
      if (error !== null) reject(damaged("no readable directory"));
      else resolve(zip);
    });
  });
}

function readEntries(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on("entry", (entry: Entry) => {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) reject(bomb("too many entries"));
      else zip.readEntry();
    });
    zip.on("end", () => resolve(entries));
    // yauzl refuses absolute names and "..", among others.
    zip.on("error", () => reject(damaged("an unsafe or unreadable directory")));
    zip.readEntry();
  });
}

function dataStart(zip: ZipFile, entry: Entry): Promise<number> {
  return new Promise((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) => {
      if (error !== null) reject(damaged("an entry without its header"));
      else resolve(header.fileDataStart);
    });
  });
}

function judge(entries: readonly Entry[], archiveSize: number): void {
  let total = 0;
  for (const entry of entries) {
    const { fileName: name, uncompressedSize, compressedSize } = entry;
    if (name.length > MAX_NAME || name.includes("\0") || /^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name)) {
      throw damaged("an entry with an unsafe name");
    }
    // Unix mode in the upper half: a symbolic link.
    if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) throw damaged("a symbolic link");
    if (compressedSize > archiveSize) throw damaged("an entry larger than the file");
    if (uncompressedSize > RATIO_FROM && uncompressedSize > compressedSize * MAX_RATIO) {
      throw bomb(`an entry that unpacks to more than ${MAX_RATIO} times its size`);
    }
    total += uncompressedSize;
    if (total > MAX_BYTES) throw bomb("more than 100 MB unpacked");
  }
  if (total > RATIO_FROM && total > archiveSize * MAX_RATIO) {
    throw bomb(`content that unpacks to more than ${MAX_RATIO} times its size`);
  }
}

/** Entries that share bytes multiply them: the trick of the densest bombs. */
function noOverlaps(stored: readonly Stored[], archiveSize: number): void {
  const inOrder = stored.toSorted((a, b) => a.start - b.start);
  let end = 0;
  for (const { entry, start } of inOrder) {
    if (start < end) throw bomb("entries that overlap");
    end = start + entry.compressedSize;
    if (end > archiveSize) throw damaged("an entry that is cut off");
  }
}

export function encrypted(): ExtractError {
  return new ExtractError("encrypted", "The file is protected with a password.");
}

function bomb(what: string): ExtractError {
  return new ExtractError("bomb", `The archive was refused: it has ${what}.`);
}

function damaged(what: string): ExtractError {
  return new ExtractError("broken", `The archive was refused: it has ${what}.`);
}

/** A plain zip of the given entries, nothing compressed: what a library gets to see. Same entries, same bytes. */
export function packStored(entries: readonly { readonly name: string; readonly content: Buffer }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const nameBytes = Buffer.from(name, "utf8");
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    writeCommon(local, 4, content.length, nameBytes.length);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    writeCommon(central, 6, content.length, nameBytes.length);
    central.writeUInt32LE(offset, 42);
    parts.push(local, nameBytes, content);
    directory.push(central, nameBytes);
    offset += local.length + nameBytes.length + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** The fields local and central headers share; the check sum stays 0, readers of this archive do not look at it. */
function writeCommon(header: Buffer, at: number, size: number, nameLength: number): void {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(0x0800, at + 2);
  header.writeUInt32LE(size, at + 14);
  header.writeUInt32LE(size, at + 18);
  header.writeUInt16LE(nameLength, at + 22);
}
