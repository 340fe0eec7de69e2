import { linkOf } from "./addresses.ts";
import type { RichText } from "./shapes.ts";

export function plainOf(text: RichText | null | undefined): string {
  return (text ?? []).map(({ plain_text }) => plain_text).join("");
}

/** Rich text as Markdown: bold, italic, struck out, code, links and equations. */
export function markdownOf(text: RichText): string {
  return text.map(part).join("");
}

function part({ type, plain_text: plain, href, annotations, equation }: RichText[number]): string {
  if (type === "equation") return `$${equation?.expression ?? plain}$`;
  if (plain.trim() === "") return plain;
  const before = plain.slice(0, plain.length - plain.trimStart().length);
  const after = plain.slice(plain.trimEnd().length);
  let words = plain.trim();
  if (annotations?.["code"] === true && !words.includes("`") && !words.includes("\n")) words = `\`${words}\``;
  else {
    if (annotations?.["strikethrough"] === true) words = `~~${words}~~`;
    if (annotations?.["italic"] === true) words = `*${words}*`;
    if (annotations?.["bold"] === true) words = `**${words}**`;
  }
  return before + (href ? link(words, href) : words) + after;
}

/** A link inside Notion comes without its host. */
function link(words: string, href: string): string {
  return linkOf(words, href.startsWith("/") ? `https://www.notion.so${href}` : href);
}
