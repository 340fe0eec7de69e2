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
  return markdown
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2")
    .replace(/^(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|>|=+\s*$|-{3,}\s*$)/, "\\");
}

/** A paragraph of plain text. */
export function paragraph(text: string): string {
  return guardStart(escapeMarkdown(text));
}
