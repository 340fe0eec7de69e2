import { encrypted } from "./archives.ts";
import type { Archive } from "./archives.ts";
import { decodeHtml } from "./charset.ts";
import { readPage } from "./html/page.ts";
import { mainMarkdown } from "./select.ts";
import { ExtractError } from "./types.ts";
import { parseXml, resolvePart } from "./xml.ts";

/** Chapters in the order of the spine. */
export function readEpub(archive: Archive): { markdown: string; title: string | undefined } {
  refuseProtected(archive);
  const packagePath = findPackage(archive);
  const content = archive.read(packagePath);
  if (content === undefined) throw new ExtractError("broken", "The book has no package document.");
  const { chapters, title } = readPackage(content, packagePath);
  const parts: string[] = [];
  for (const chapter of chapters) {
    const bytes = archive.read(chapter);
    if (bytes === undefined) continue;
    const page = readPage(decodeHtml(bytes, "application/xhtml+xml"), "");
    const markdown = mainMarkdown(page);
    if (markdown !== "") parts.push(markdown);
  }
  return { markdown: parts.join("\n\n"), title };
}

function findPackage(archive: Archive): string {
  const container = archive.read("META-INF/container.xml");
  let path: string | undefined;
  if (container !== undefined) {
    parseXml(container, {
      open(name, attributes) {
        if (name === "rootfile") path ??= attributes["full-path"];
      },
      close() {},
      text() {},
    });
  }
  if (path === undefined) throw new ExtractError("broken", "The book has no container document.");
  return resolvePart("", path);
}

function readPackage(content: Buffer, path: string): { chapters: string[]; title: string | undefined } {
  const items = new Map<string, string>();
  const spine: string[] = [];
  let title = "";
  let inTitle = false;
  parseXml(content, {
    open(name, attributes) {
      const { id, href, idref } = attributes;
      const type = attributes["media-type"] ?? "";
      if (name === "item" && id !== undefined && href !== undefined && /html/.test(type)) {
        items.set(id, resolvePart(path, decodePath(href.split("#", 1)[0] ?? "")));
      } else if (name === "itemref" && idref !== undefined) spine.push(idref);
      else if (name === "title" && title === "") inTitle = true;
    },
    close(name) {
      if (name === "title") inTitle = false;
    },
    text(part) {
      if (inTitle && title.length < 1000) title += part;
    },
  });
  const chapters = [...new Set(spine)].flatMap((id) => items.get(id) ?? []);
  const clean = title.replace(/\s+/g, " ").trim();
  return { chapters, title: clean === "" ? undefined : clean };
}

function decodePath(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

/** Fonts may be scrambled in any book; text only is in a protected one. */
function refuseProtected(archive: Archive): void {
  const encryption = archive.read("META-INF/encryption.xml");
  if (encryption === undefined) return;
  parseXml(encryption, {
    open(name, attributes) {
      if (name === "CipherReference" && /\.x?html?$/i.test(attributes["URI"] ?? "")) throw encrypted();
    },
    close() {},
    text() {},
  });
}
