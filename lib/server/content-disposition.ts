/** The header that names the parts of a form (RFC 7578) and tells a browser what to call a download (RFC 6266). */

export interface Disposition {
  readonly type: string;
  readonly name?: string;
  readonly filename?: string;
}

const parameter = /[ \t]*;[ \t]*(?:([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*)))?/suy;

/** Undefined for what cannot be read. `filename*` wins over `filename`, wherever it stands. */
export function dispositionOf(header: string): Disposition | undefined {
  const type = /^[^\s;="]+/.exec(header)?.[0];
  if (type === undefined) return undefined;
  const parameters = new Map<string, string>();
  parameter.lastIndex = type.length;
  for (let end = type.length; end < header.length; end = parameter.lastIndex) {
    const found = parameter.exec(header);
    if (!found) return /^[ \t]*$/.test(header.slice(end)) ? finish(type, parameters) : undefined;
    const [, key, quoted, bare] = found;
    if (key === undefined) continue;
    const name = key.toLowerCase();
    if (parameters.has(name)) return undefined;
    parameters.set(name, quoted === undefined ? (bare ?? "") : unquoted(quoted));
  }
  return finish(type, parameters);
}

function finish(type: string, parameters: ReadonlyMap<string, string>): Disposition | undefined {
  const extended = parameters.get("filename*");
  const filename = extended === undefined ? parameters.get("filename") : decodeExtended(extended);
  if (extended !== undefined && filename === undefined) return undefined;
  const name = parameters.get("name");
  return {
    type: type.toLowerCase(),
    ...(name !== undefined && { name }),
    ...(filename !== undefined && { filename }),
  };
}

/**
 * Browsers write quotes and line ends as %22, %0D and %0A and nothing else so; older clients put a backslash before a
 * quote or a backslash. One before anything else is part of a Windows path.
 */
function unquoted(text: string): string {
  return text
    .replaceAll(/\\(["\\])/g, "$1")
    .replaceAll(/%(22|0d|0a)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** `UTF-8''na%C3%AFve.txt` (RFC 8187) */
function decodeExtended(value: string): string | undefined {
  const [, charset = "", encoded = ""] = /^(utf-8|iso-8859-1)'[A-Za-z0-9-]*'(.*)$/is.exec(value) ?? [];
  if (charset === "" || !/^(?:[!#$&+\-.^_`|~0-9A-Za-z]|%[0-9A-Fa-f]{2})*$/.test(encoded)) return undefined;
  if (charset.toLowerCase() !== "utf-8")
    return encoded.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** Makes a browser save what it gets under this name, in ASCII for those that know nothing else. */
export function attachment(filename: string): string {
  const plain = filename
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\x20-\x7e]|["%\\]/gu, "_");
  const encoded = encodeURIComponent(filename.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"${plain === filename ? "" : `; filename*=UTF-8''${encoded}`}`;
}
