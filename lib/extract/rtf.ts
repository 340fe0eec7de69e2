import { decodeAs } from "./charset.ts";
import { paragraph } from "./escape.ts";
import { gridToMarkdown } from "./grid.ts";

/**
 * A small reader of RTF text (RTF 1.9.1): paragraphs, tables, characters in code pages and Unicode. Written here
 * because the packages for it are either no longer kept or made for another purpose (HTML inside of mails).
 * One pass, no recursion; unknown control words and destinations are skipped as the specification asks.
 */
export function readRtf(bytes: Uint8Array): { markdown: string; title: string | undefined } {
  const reader = new RtfReader();
  reader.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1"));
  return reader.result;
}

interface Group {
  /** content of this group is not text of the document */
  skip: boolean;
  title: boolean;
  /** characters that stand in for a Unicode one and are to be skipped */
  fallback: number;
  charset: string;
  inTable: boolean;
}

/** Destinations that hold no text of the body. */
const skipped = new Set(
  "fonttbl colortbl stylesheet listtable listoverridetable revtbl rsidtbl generator info pict object header headerl headerr headerf footer footerl footerr footerf themedata colorschememapping datastore latentstyles xmlnstbl mmathpr filetbl fldinst bkmkstart bkmkend nonshppict objdata blipuid picprop shpinst pgdsctbl annotation atnid atnauthor wgrffmtfilter".split(
    " ",
  ),
);

const codePages: Readonly<Record<number, string>> = {
  437: "ibm866",
  866: "ibm866",
  874: "windows-874",
  932: "shift_jis",
  936: "gbk",
  949: "euc-kr",
  950: "big5",
  10000: "macintosh",
  65001: "utf-8",
};

const characters: Readonly<Record<string, string>> = {
  emdash: "—",
  endash: "–",
  lquote: "‘",
  rquote: "’",
  ldblquote: "“",
  rdblquote: "”",
  bullet: "•",
  tab: "\t",
  emspace: " ",
  enspace: " ",
  line: "\n",
};

const control = /([a-zA-Z]{1,32})(-?\d{1,10})? ?/y;
const MAX_DEPTH = 10_000;

class RtfReader {
  private readonly blocks: string[] = [];
  private rows: string[][] = [];
  private row: string[] = [];
  private text = "";
  private title = "";
  private bytes: number[] = [];
  private group: Group = { skip: false, title: false, fallback: 1, charset: "windows-1252", inTable: false };
  private readonly groups: Group[] = [];
  private toSkip = 0;
  private starred = false;

  get result(): { markdown: string; title: string | undefined } {
    const title = this.title.replace(/\s+/g, " ").trim();
    return { markdown: this.blocks.join("\n\n"), title: title === "" ? undefined : title };
  }

  read(source: string): void {
    let i = 0;
    while (i < source.length) {
      const c = source.charCodeAt(i);
      if (c === 92) i = this.control(source, i + 1);
      else if (c === 123) {
        this.openGroup();
        i++;
      } else if (c === 125) {
        this.closeGroup();
        i++;
      } else if (c === 10 || c === 13) i++;
      else i = this.plain(source, i);
    }
    this.endParagraph();
    this.endTable();
  }

  private plain(source: string, from: number): number {
    let end = from;
    for (; end < source.length; end++) {
      const c = source.charCodeAt(end);
      if (c === 92 || c === 123 || c === 125 || c === 10 || c === 13) break;
    }
    const skip = Math.min(this.toSkip, end - from);
    this.toSkip -= skip;
    if (end > from + skip) this.add(source.slice(from + skip, end), true);
    return end;
  }

  private control(source: string, at: number): number {
    control.lastIndex = at;
    const match = control.exec(source);
    if (match === null) return this.symbol(source, at);
    const [all, word = "", number] = match;
    const end = at + all.length;
    // Binary data follows as it is.
    if (word === "bin") return end + Math.max(0, Number(number ?? 0));
    this.word(word, number === undefined ? undefined : Number(number));
    return end;
  }

  private symbol(source: string, at: number): number {
    const c = source[at];
    switch (c) {
      case "'": {
        const code = Number.parseInt(source.slice(at + 1, at + 3), 16);
        if (this.toSkip > 0) this.toSkip--;
        else if (!Number.isNaN(code) && !this.group.skip) this.bytes.push(code);
        return at + 3;
      }
      case "*":
        this.starred = true;
        return at + 1;
      case "~":
        this.add("\u00a0", false);
        return at + 1;
      case "_":
        this.add("-", false);
        return at + 1;
      case "\\":
      case "{":
      case "}":
        this.add(c, false);
        return at + 1;
      case "\n":
      case "\r":
        this.endParagraph();
        return at + 1;
      default:
        return at + 1;
    }
  }

  private word(word: string, number: number | undefined): void {
    const { group } = this;
    const starred = this.starred;
    this.starred = false;
    if (word === "title" && group.skip) {
      group.skip = false;
      group.title = true;
      return;
    }
    if (skipped.has(word) || (starred && word !== "shppict")) {
      this.flushBytes();
      group.skip = true;
      return;
    }
    switch (word) {
      case "par":
      case "page":
      case "sect":
        if (!group.skip) this.endParagraph();
        break;
      case "cell":
        this.flushBytes();
        this.row.push(this.text.trim());
        this.text = "";
        break;
      case "row":
        if (this.row.length > 0) this.rows.push(this.row);
        this.row = [];
        break;
      case "intbl":
        group.inTable = true;
        break;
      case "pard":
        group.inTable = false;
        break;
      case "ansicpg":
        if (number !== undefined) this.setCharset(codePages[number] ?? `windows-${number}`);
        break;
      case "mac":
        this.setCharset("macintosh");
        break;
      case "uc":
        group.fallback = Math.min(16, Math.max(0, number ?? 1));
        break;
      case "u":
        if (number !== undefined) {
          this.add(String.fromCharCode(number & 0xffff), false);
          this.toSkip = group.fallback;
        }
        break;
      default: {
        const text = characters[word];
        if (text !== undefined) this.add(text, false);
      }
    }
  }

  private setCharset(label: string): void {
    try {
      this.group.charset = new TextDecoder(label).encoding;
    } catch {
      // An unknown code page: the Western one is the best guess.
      this.group.charset = "windows-1252";
    }
  }

  private openGroup(): void {
    this.flushBytes();
    this.toSkip = 0;
    if (this.groups.length >= MAX_DEPTH) return;
    this.groups.push(this.group);
    this.group = { ...this.group, title: false };
  }

  private closeGroup(): void {
    this.flushBytes();
    this.toSkip = 0;
    this.starred = false;
    this.group = this.groups.pop() ?? this.group;
  }

  /** `raw`: characters of the file, to be read in its code page if not ASCII. */
  private add(text: string, raw: boolean): void {
    if (this.group.skip) return;
    if (raw && /[\u0080-\u00ff]/.test(text)) {
      for (let i = 0; i < text.length; i++) this.bytes.push(text.charCodeAt(i));
      return;
    }
    this.flushBytes();
    if (this.group.title) this.title += text;
    else this.text += text;
  }

  /** Bytes of one character may come in several escapes: they are decoded together. */
  private flushBytes(): void {
    if (this.bytes.length === 0) return;
    const text = decodeAs(Uint8Array.from(this.bytes), this.group.charset);
    this.bytes = [];
    if (this.group.title) this.title += text;
    else this.text += text;
  }

  private endParagraph(): void {
    this.flushBytes();
    if (this.group.inTable && this.text.trim() !== "") {
      this.text += "\n";
      return;
    }
    const text = this.text
      .replace(/[^\S\n]+/g, " ")
      .trim()
      .toWellFormed()
      .replaceAll("\0", "");
    this.text = "";
    if (text === "") return;
    this.endTable();
    this.blocks.push(
      text
        .split(/\s*\n\s*/)
        .map(paragraph)
        .join("  \n")
        .replace(/^• ?/, "- "),
    );
  }

  private endTable(): void {
    if (this.rows.length > 0)
      this.blocks.push(gridToMarkdown(this.rows.map((row) => row.map((cell) => cell.toWellFormed()))));
    this.rows = [];
  }
}
