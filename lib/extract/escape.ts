/** Plain text as Markdown that reads the same: only what would be markup or HTML is escaped. */
export function escapeMarkdown(text: string): string {
  if (!/[\\`*_<[\]~&]/.test(text)) return text;
  return text
    .replace(/\\(?=[!-/:-@[-`{-~])/g, "\\\\")
    .replace(/[`*]|<(?=[A-Za-z/!?])|\](?=[([:])|~(?=~)|&(?=#?\w{1,40};)/g, "\\$&")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_");
}

/** A paragraph that is Markdown already, kept from turning into a list, heading or quote by its first characters. */
export function guardStart(markdown: string): string {
  const c = markdown.charCodeAt(0);
  if (c >= 48 && c <= 57) return markdown.replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
  // # + - = > | ~
  if (c !== 35 && c !== 43 && c !== 45 && c !== 61 && c !== 62 && c !== 124 && c !== 126) return markdown;
  return /^(?:#{1,6}(?:\s|$)|[-+](?:\s|$)|>|=+\s*$|-{3,}\s*$|\||~{3,})/.test(markdown) ? "\\" + markdown : markdown;
}

/** A paragraph of plain text. */
export function paragraph(text: string): string {
  return guardStart(escapeMarkdown(text));
}
