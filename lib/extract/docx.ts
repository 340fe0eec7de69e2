import mammoth from "mammoth";
import { packStored } from "./archives.ts";
import type { Archive } from "./archives.ts";
import { readPage } from "./html/page.ts";
import { ExtractError } from "./types.ts";
import { decodeXml, firstText } from "./xml.ts";

/** Largest part (bytes) given to a library that builds a tree of it. */
const MAX_PART = 24 * 1024 * 1024;

/** A Word document as Markdown: mammoth maps its styles to HTML, our converter does the rest. */
export async function readDocx(archive: Archive): Promise<{ markdown: string; title: string | undefined }> {
  const entries: { name: string; content: Buffer }[] = [];
  for (const name of archive.names) {
    if (!/\.(?:xml|rels)$/i.test(name)) continue;
    const content = archive.read(name);
    if (content === undefined) continue;
    if (content.length > MAX_PART) throw new ExtractError("too_large", "The document's text is too large to be read.");
    entries.push({ name, content: checkedXml(content) });
  }
  const { value: html } = await mammoth.convertToHtml(
    { buffer: packStored(entries) },
    {
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: "" })),
      includeEmbeddedStyleMap: false,
      includeDefaultStyleMap: true,
      styleMap: [
        "p[style-name='Title'] => h1:fresh",
        "p[style-name='Subtitle'] => p:fresh",
        "p[style-name='Code'] => pre:separator('\\n')",
      ],
    },
  );
  const page = readPage(html, "");
  const title = firstText(archive.read("docProps/core.xml"), "title") ?? (page.title === "" ? undefined : page.title);
  return { markdown: page.markdown, title };
}

/** As UTF-8 without document type: the library's parser has no switch for that. */
function checkedXml(content: Buffer): Buffer {
  const text = decodeXml(content);
  if (/<!(?:doctype|entity)/i.test(text)) {
    throw new ExtractError("bomb", "The file was refused: its XML declares a document type.");
  }
  return Buffer.from(
    text.replace(/^\ufeff/, "").replace(/^(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']/, "$1"),
    "utf8",
  );
}
