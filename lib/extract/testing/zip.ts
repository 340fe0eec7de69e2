import { deflateRawSync } from "node:zlib";

/** One entry of a zip made for a test; everything a directory can lie about can be set. */
export interface ZipEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** default true */
  readonly deflate?: boolean;
  /** instead of the true ones */
  readonly declaredSize?: number;
  readonly compressedData?: Uint8Array;
  readonly encrypted?: boolean;
  readonly unixMode?: number;
  /** the central directory points at this entry's data instead of its own */
  readonly sharesWith?: number;
}

/** A zip archive as bytes, small and without a library, so that it can be wrong on purpose. */
export function zip(entries: readonly ZipEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? "");
    const deflate = entry.deflate ?? true;
    const data = Buffer.from(entry.compressedData ?? (deflate ? deflateRawSync(content) : content));
    const name = Buffer.from(entry.name, "utf8");
    const header = (signature: number, central: boolean): Buffer => {
      const buffer = Buffer.alloc(central ? 46 : 30);
      buffer.writeUInt32LE(signature, 0);
      const at = central ? 6 : 4;
      if (central) buffer.writeUInt16LE(0x0314, 4);
      buffer.writeUInt16LE(20, at);
      buffer.writeUInt16LE(0x0800 | (entry.encrypted === true ? 1 : 0), at + 2);
      buffer.writeUInt16LE(deflate ? 8 : 0, at + 4);
      buffer.writeUInt32LE(data.length, at + 14);
      buffer.writeUInt32LE(entry.declaredSize ?? content.length, at + 18);
      buffer.writeUInt16LE(name.length, at + 22);
      return buffer;
    };
    const shared = entry.sharesWith === undefined ? undefined : offsets[entry.sharesWith];
    offsets.push(shared ?? offset);
    const central = header(0x02014b50, true);
    central.writeUInt32LE(((entry.unixMode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(shared ?? offset, 42);
    directory.push(central, name);
    if (shared !== undefined) continue;
    const local = header(0x04034b50, false);
    parts.push(local, name, data);
    offset += local.length + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(0xffff, entries.length), 8);
  end.writeUInt16LE(Math.min(0xffff, entries.length), 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}
