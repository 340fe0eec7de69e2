import type { Archive } from "./archives.ts";
import { escapeMarkdown, guardStart } from "./escape.ts";
import { gridToMarkdown } from "./grid.ts";
import { ExtractError } from "./types.ts";
import { firstText, parseXml, readRelationships, relationshipsOf } from "./xml.ts";
import type { Relationship } from "./xml.ts";

const MAX_LEVEL = 8;

/** Slides in order: title as heading, text as list or paragraphs, tables, then the speaker notes as a quote. */
export function readPptx(archive: Archive): { markdown: string; title: string | undefined } {
  const part = "ppt/presentation.xml";
  const presentation = archive.read(part);
  if (presentation === undefined) throw new ExtractError("broken", "The presentation has no slides part.");
  const relations = readRelationships(archive.read(relationshipsOf(part)), part);
  const order: string[] = [];
  parseXml(presentation, {
    open(name, attributes) {
      if (name !== "sldId") return;
      const target = relations.get(attributes["r:id"] ?? "")?.target;
      if (target !== undefined) order.push(target);
    },
    close() {},
    text() {},
  });
  const slides = order.flatMap((slide, index) => readSlide(archive, slide, index + 1));
  return { markdown: slides.join("\n\n"), title: firstText(archive.read("docProps/core.xml"), "title") };
}

function readSlide(archive: Archive, part: string, number: number): string[] {
  const content = archive.read(part);
  if (content === undefined) return [];
  const relations = readRelationships(archive.read(relationshipsOf(part)), part);
  const slide = new Shapes(relations);
  parseXml(content, slide);
  const blocks = [`## ${slide.title ?? `Slide ${number}`}`, ...slide.blocks];
  const notesPart = [...relations.values()].find(({ type }) => type === "notesSlide")?.target;
  const notes = notesPart === undefined ? undefined : archive.read(notesPart);
  if (notes !== undefined) {
    const reader = new Shapes(new Map(), true);
    parseXml(notes, reader);
    if (reader.blocks.length > 0)
      blocks.push(["Notes:", ...reader.blocks].join("\n\n").replace(/^/gm, "> ").replace(/^> $/gm, ">"));
  }
  return blocks.length === 1 && slide.title === undefined ? [] : blocks;
}

/** Collects the text of the shapes of one slide (or of its notes). */
class Shapes {
  readonly blocks: string[] = [];
  title: string | undefined;
  private readonly relations: ReadonlyMap<string, Relationship>;
  private readonly notes: boolean;
  private placeholder: string | undefined;
  private paragraphs: { text: string; level: number; bullet: boolean }[] = [];
  private current = "";
  private level = 0;
  private bullet: boolean | undefined;
  private link: string | undefined;
  private inText = false;
  private table: string[][] | undefined;
  private inCell = false;

  constructor(relations: ReadonlyMap<string, Relationship>, notes = false) {
    this.relations = relations;
    this.notes = notes;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    switch (name) {
      case "sp":
        this.placeholder = undefined;
        break;
      case "ph":
        this.placeholder = attributes["type"] ?? "body";
        break;
      case "p":
        this.current = "";
        this.level = 0;
        this.bullet = undefined;
        break;
      case "pPr":
        this.level = Math.min(MAX_LEVEL, Math.max(0, Number.parseInt(attributes["lvl"] ?? "0", 10) || 0));
        break;
      case "buNone":
        this.bullet = false;
        break;
      case "buChar":
      case "buAutoNum":
        this.bullet = true;
        break;
      case "hlinkClick": {
        const relation = this.relations.get(attributes["r:id"] ?? "");
        if (relation?.external === true && /^https?:\/\//i.test(relation.target))
          this.link = URL.parse(relation.target)?.href;
        break;
      }
      case "t":
        this.inText = true;
        break;
      case "br":
        this.current += " ";
        break;
      case "tbl":
        this.table = [];
        break;
      case "tr":
        this.table?.push([]);
        break;
      case "tc":
        this.inCell = true;
        this.paragraphs = [];
        break;
      default:
    }
  }

  text(part: string): void {
    if (!this.inText) return;
    const text = part.replace(/\s+/g, " ");
    if (this.link !== undefined && text.trim() !== "" && !this.inCell) {
      this.current += `[${escapeMarkdown(text.trim()).replaceAll("]", "\\]")}](${this.link})`;
      this.link = undefined;
    } else this.current += this.inCell ? text : escapeMarkdown(text);
  }

  close(name: string): void {
    switch (name) {
      case "t":
        this.inText = false;
        break;
      case "r":
        this.link = undefined;
        break;
      case "p": {
        const text = this.current.replace(/\s+/g, " ").trim();
        if (text !== "") {
          const bullet = this.bullet ?? (this.placeholder === "body" && !this.notes);
          this.paragraphs.push({ text, level: this.level, bullet });
        }
        break;
      }
      case "tc":
        this.table?.at(-1)?.push(this.paragraphs.map(({ text }) => text).join("\n"));
        this.inCell = false;
        this.paragraphs = [];
        break;
      case "tbl":
        if (this.table !== undefined && this.table.length > 0) this.blocks.push(gridToMarkdown(this.table));
        this.table = undefined;
        break;
      case "txBody":
        if (!this.inCell) this.endShape();
        break;
      default:
    }
  }

  private endShape(): void {
    const paragraphs = this.paragraphs;
    this.paragraphs = [];
    if (paragraphs.length === 0 || /^(?:sldNum|dt|ftr|hdr|sldImg)$/.test(this.placeholder ?? "")) return;
    if (!this.notes && (this.placeholder === "title" || this.placeholder === "ctrTitle")) {
      this.title ??= paragraphs.map(({ text }) => text).join(" ");
      return;
    }
    const lines: string[] = [];
    for (const { text, level, bullet } of paragraphs) {
      if (bullet || level > 0) lines.push(`${"  ".repeat(level)}- ${text}`);
      else lines.push("", guardStart(text), "");
    }
    this.blocks.push(
      lines
        .join("\n")
        .replace(/\n{3,}/g, "\n\n")
        .trim(),
    );
  }
}
