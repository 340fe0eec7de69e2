/** Files that are recognised by their first bytes and not read; the name is shown to people. */
interface Signature {
  readonly name: string;
  readonly at: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string) => Array.from(text, (c) => c.charCodeAt(0));
const at = (offset: number, bytes: readonly number[], name: string): Signature => ({ name, at: offset, bytes });

const signatures: readonly Signature[] = [
  at(0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "PNG image"),
  at(0, [0xff, 0xd8, 0xff], "JPEG image"),
  at(0, ascii("GIF87a"), "GIF image"),
  at(0, ascii("GIF89a"), "GIF image"),
  at(8, ascii("WEBP"), "WebP image"),
  at(8, ascii("WAVE"), "WAV audio"),
  at(8, ascii("AVI "), "AVI video"),
  at(0, [0x49, 0x49, 0x2a, 0x00], "TIFF image"),
  at(0, [0x4d, 0x4d, 0x00, 0x2a], "TIFF image"),
  at(0, [0x00, 0x00, 0x01, 0x00], "icon"),
  at(0, ascii("8BPS"), "Photoshop image"),
  at(4, ascii("ftypavif"), "AVIF image"),
  at(4, ascii("ftyphei"), "HEIC image"),
  at(4, ascii("ftypmif1"), "HEIF image"),
  at(4, ascii("ftypM4A"), "M4A audio"),
  at(4, ascii("ftyp"), "MP4 video"),
  at(0, ascii("ID3"), "MP3 audio"),
  at(0, [0xff, 0xfb], "MP3 audio"),
  at(0, [0xff, 0xf3], "MP3 audio"),
  at(0, ascii("OggS"), "Ogg media"),
  at(0, ascii("fLaC"), "FLAC audio"),
  at(0, ascii("MThd"), "MIDI file"),
  at(0, [0x1a, 0x45, 0xdf, 0xa3], "Matroska or WebM video"),
  at(0, ascii("FLV\u0001"), "Flash video"),
  at(0, [0x1f, 0x8b], "gzip archive"),
  at(0, ascii("BZh"), "bzip2 archive"),
  at(0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz archive"),
  at(0, [0x28, 0xb5, 0x2f, 0xfd], "Zstandard archive"),
  at(0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "7-Zip archive"),
  at(0, ascii("Rar!\u001a\u0007"), "RAR archive"),
  at(257, ascii("ustar"), "tar archive"),
  at(0, [0x7f, 0x45, 0x4c, 0x46], "ELF program"),
  at(0, [0xca, 0xfe, 0xba, 0xbe], "Java class or Mach-O program"),
  at(0, [0xcf, 0xfa, 0xed, 0xfe], "Mach-O program"),
  at(0, [0x00, 0x61, 0x73, 0x6d], "WebAssembly module"),
  at(0, ascii("SQLite format 3\u0000"), "SQLite database"),
  at(0, ascii("PAR1"), "Parquet file"),
  at(0, ascii("Obj\u0001"), "Avro file"),
  at(0, ascii("ARROW1"), "Arrow file"),
  at(0, ascii("wOFF"), "web font"),
  at(0, ascii("wOF2"), "web font"),
  at(0, ascii("OTTO\u0000"), "OpenType font"),
  at(0, [0x00, 0x01, 0x00, 0x00, 0x00], "TrueType font"),
  at(0, ascii("%!PS"), "PostScript document"),
  at(0, ascii("AT&TFORM"), "DjVu document"),
  at(0, ascii("SIMPLE  ="), "FITS data"),
  at(0, [0x80, 0x02, 0x7d], "Python pickle"),
  at(0, [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "HDF5 file"),
];

/** The name of a file type that is not read, from its first bytes. */
export function foreignType(bytes: Uint8Array): string | undefined {
  for (const { name, at: offset, bytes: wanted } of signatures) {
    if (bytes[offset] === wanted[0] && startsWith(bytes, offset, wanted)) return name;
  }
  // Two letters are no evidence: only with the header of a program or a bitmap behind them.
  if (startsWith(bytes, 0, [0x4d, 0x5a]) && bytes.subarray(0, 128).includes(0)) return "Windows program";
  if (startsWith(bytes, 0, [0x42, 0x4d]) && bytes[6] === 0 && bytes[7] === 0) return "BMP image";
  return undefined;
}

export function startsWith(bytes: Uint8Array, offset: number, wanted: readonly number[]): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[offset + i] !== wanted[i]) return false;
  return true;
}

/** Extensions of common types that are not read: named when the bytes alone tell nothing. */
export const foreignExtensions: Readonly<Record<string, string>> = {
  doc: "legacy Word document (.doc)",
  dot: "legacy Word template (.dot)",
  xls: "legacy Excel workbook (.xls)",
  ppt: "legacy PowerPoint presentation (.ppt)",
  pps: "legacy PowerPoint show (.pps)",
  msg: "Outlook message (.msg)",
  pub: "Publisher document (.pub)",
  vsd: "Visio drawing (.vsd)",
  mpp: "Project plan (.mpp)",
  msi: "Windows installer (.msi)",
  pages: "Apple Pages document",
  numbers: "Apple Numbers spreadsheet",
  key: "Apple Keynote presentation",
  xlsb: "binary Excel workbook (.xlsb)",
  vsdx: "Visio drawing (.vsdx)",
  jar: "Java archive",
  apk: "Android app",
  zip: "ZIP archive",
  svg: "SVG image",
};
