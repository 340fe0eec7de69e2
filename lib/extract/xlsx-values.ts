import { parseXml } from "./xml.ts";

/** How a number is meant to be read, by cell style. */
type NumberKind = "number" | "percent" | "date" | "time" | "datetime" | "duration";

export interface Styles {
  readonly kinds: readonly NumberKind[];
  readonly epoch1904: boolean;
}

/** Built-in formats (ECMA-376 part 1, 18.8.30) that are dates, times or percentages. */
const builtIn: Readonly<Record<number, NumberKind>> = {
  9: "percent",
  10: "percent",
  14: "date",
  15: "date",
  16: "date",
  17: "date",
  18: "time",
  19: "time",
  20: "time",
  21: "time",
  22: "datetime",
  27: "date",
  28: "date",
  29: "date",
  30: "date",
  31: "date",
  32: "time",
  33: "time",
  34: "time",
  35: "time",
  36: "date",
  45: "time",
  46: "duration",
  47: "time",
  50: "date",
  51: "date",
  52: "date",
  53: "date",
  54: "date",
  55: "time",
  56: "time",
  57: "date",
  58: "date",
};

const pad = (part: number) => String(part).padStart(2, "0");

/** What a custom format code shows. */
function kindOfCode(code: string): NumberKind {
  // Literals, colours and locales say nothing; only the format of positive numbers counts.
  const bare = (code.split(";", 1)[0] ?? "")
    .replace(/"[^"]*"|\\.|_.|\*./g, "")
    .replace(/\[(?![hms]+\])[^\]]*\]/gi, "")
    .toLowerCase();
  if (/\[(?:h+|m+|s+)\]/.test(bare)) return "duration";
  const date = /[yd]|m{3,}|(?<![:h.])m{1,2}(?![:s])/.test(bare) && /[ymd]/.test(bare) && !/^[^ymdhs]*$/.test(bare);
  const time = /h|s|:m|m:|am\/pm/.test(bare);
  if (/general|[#0?]/.test(bare.replace(/s\.?0+/g, "")) && !/[yd]/.test(bare))
    return bare.includes("%") ? "percent" : "number";
  if (date && time) return "datetime";
  if (date) return "date";
  return time ? "time" : "number";
}

export function readStyles(content: Buffer | undefined, epoch1904: boolean): Styles {
  const codes = new Map<number, NumberKind>();
  const kinds: NumberKind[] = [];
  if (content === undefined) return { kinds, epoch1904 };
  let inCellFormats = false;
  parseXml(content, {
    open(name, attributes) {
      const id = Number.parseInt(attributes["numFmtId"] ?? "0", 10);
      if (name === "numFmt") codes.set(id, kindOfCode(attributes["formatCode"] ?? ""));
      else if (name === "cellXfs") inCellFormats = true;
      else if (name === "xf" && inCellFormats) kinds.push(codes.get(id) ?? builtIn[id] ?? "number");
    },
    close(name) {
      if (name === "cellXfs") inCellFormats = false;
    },
    text() {},
  });
  return { kinds, epoch1904 };
}

/** The text of a cell as a reader would expect it: ISO dates, percentages, numbers without binary noise. */
export function cellValue(raw: string, type: string, style: number, styles: Styles): string {
  switch (type) {
    case "b":
      return raw === "1" ? "TRUE" : "FALSE";
    case "str":
    case "inlineStr":
    case "e":
      return raw;
    case "d":
      return raw.replace(/T00:00:00(?:\.0+)?Z?$/, "").replace("T", " ");
    default:
  }
  const value = Number(raw);
  if (!Number.isFinite(value)) return raw;
  switch (styles.kinds[style]) {
    case "percent":
      return `${plainNumber(value * 100)}%`;
    case "date":
    case "datetime":
    case "time":
      return fromSerial(value, styles) ?? plainNumber(value);
    case "duration": {
      const seconds = Math.round(value * 86_400);
      return `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    }
    default:
      return plainNumber(value);
  }
}

/** 15 significant digits, as the program shows them: 0.1 + 0.2 is 0.3. */
function plainNumber(value: number): string {
  const rounded = Number(value.toPrecision(15));
  const text = String(rounded);
  return text.includes("e") && Math.abs(rounded) < 1e21 && Math.abs(rounded) >= 1e-9
    ? rounded.toFixed(Math.min(20, Math.max(0, 15 - Math.floor(Math.log10(Math.abs(rounded)))))).replace(/\.?0+$/, "")
    : text;
}

/** Days since the epoch to ISO; below one day it is a time. */
function fromSerial(serial: number, styles: Styles): string | undefined {
  if (serial < 0 || serial > 2_958_465.99999) return undefined;
  const milliseconds = Math.round(serial * 86_400_000);
  const time = new Date(milliseconds % 86_400_000).toISOString().slice(11, 19);
  const clock = time.endsWith(":00") ? time.slice(0, 5) : time;
  if (serial < 1 && !styles.epoch1904) return clock;
  // Day 60 is the 29 February 1900 that never was: dates before it are off by one.
  const days = Math.floor(milliseconds / 86_400_000);
  const base = styles.epoch1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  const date = new Date(base + days * 86_400_000).toISOString().slice(0, 10);
  return milliseconds % 86_400_000 === 0 ? date : `${date} ${clock}`;
}
