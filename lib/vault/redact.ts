import { Secret } from "./secret.ts";

/**
 * The last resort before something is logged: code should not hand secrets to the log in the first place. Knows the
 * shapes secrets have (keys, signatures, headers, sealed values) and the names they go by.
 */

const shown = "[secret]";
const longestText = 16_000;
const deepest = 6;
const widest = 100;

/** Words that name a secret, also at the end of a longer name: `awsSecretAccessKey`, `next-auth.session-token`. */
const secretWords =
  "password|passwd|passphrase|pwd|secret|secret[_-]?access[_-]?key|access[_-]?key(?:[_-]?id)?|api[_-]?key|" +
  "private[_-]?key|sealing[_-]?key|token|signature|bootstrap_(?:api_key|owner)|code[_-]?verifier";
const secretName = new RegExp(`(?:${secretWords}|credential|authorization|cookie|userinfo)s?$`, "i");
/** Names that end like one but count or describe. */
const harmlessName = /^(?:has|is|no|count|missing)[A-Z_-]|tokens?(?:Used|Count)$/;

type Rule = readonly [pattern: RegExp, replacement: string | ((match: string) => string)];

const rules: readonly Rule[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, shown],
  [/\bv1\.[\w-]{1,32}\.[\w-]{16}\.[\w-]*\.[\w-]{22}/g, "[sealed]"],
  [/\bsm_[\w-]{8,}/g, "sm_[secret]"],
  // user:password@ of any URL; the password may itself contain @
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>]*@/gi, `$1${shown}@`],
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s{0,4}[:=]\s{0,4}["']?)[^\r\n"']+/gi, `$1$2${shown}`],
  [/\b(authorization|cookie)(["']\s{0,4},\s{0,4}["'])[^\r\n"']+/gi, `$1$2${shown}`],
  [/\bAWS4-HMAC-SHA256[^\r\n"']*/g, `AWS4-HMAC-SHA256 ${shown}`],
  [/\b(Bearer|Basic)\s+[\w+/=.~-]{8,}/gi, `$1 ${shown}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, shown],
  [/\b(?:AKIA|ASIA|AIDA|AROA|AGPA|ANPA|ABIA|ACCA)[A-Z0-9]{12,}\b/g, shown],
  [/\bscrypt\$[^\s"']+/g, shown],
  [
    /([?&](?:x-(?:amz|goog|oss|cos)-(?:signature|credential|security-token)|signature|sig|(?:access|id|refresh|setup)?_?token|code|state|key|api_?key|password|secret|client_secret|awsaccesskeyid|googleaccessid)=)[^&\s"'#<>]+/gi,
    `$1${shown}`,
  ],
  [
    new RegExp(
      `((?:${secretWords})s?\\\\{0,3}["']?\\s{0,4}[:=]\\s{0,4})(?!\\[secret\\])` +
        `(?:\\\\{0,3}"[^"\\r\\n]*|\\\\{0,3}'[^'\\r\\n]*|[^\\s"',;&}<>]+)`,
      "gi",
    ),
    `$1${shown}`,
  ],
  // what an AWS secret key looks like on its own: 40 characters of base64 with all kinds of letters, not a hex hash
  [
    /(?<![\w+/=-])[A-Za-z0-9+/]{40}(?![\w+/=-])/g,
    (match) => (/[A-Z]/.test(match) && /[a-z]/.test(match) && /[0-9]/.test(match) ? shown : match),
  ],
];

/** Text without what looks like a secret; cut at 16,000 characters. */
export function redactText(text: string): string {
  let result = text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text;
  for (const [pattern, replacement] of rules) {
    result =
      typeof replacement === "string" ? result.replace(pattern, replacement) : result.replace(pattern, replacement);
  }
  return result;
}

/** A copy that can be written as JSON: secrets replaced, errors spelled out, cycles and endless depth cut. */
export function redact(value: unknown): unknown {
  return copy(value, 0, new Set());
}

function copy(value: unknown, depth: number, path: Set<object>): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value === "number" || typeof value === "boolean" || value === undefined) return value;
  if (typeof value !== "object") return `[${typeof value}]`;
  if (value instanceof Secret) return shown;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (path.has(value)) return "[circular]";
  if (depth >= deepest) return "[…]";
  path.add(value);
  try {
    if (value instanceof Error) return error(value, depth, path);
    if (Array.isArray(value)) return value.slice(0, widest).map((item) => copy(item, depth + 1, path));
    if (value instanceof Map || value instanceof Set) return copy([...value], depth + 1, path);
    return fields(Object.entries(value), depth, path);
  } finally {
    path.delete(value);
  }
}

function fields(entries: readonly (readonly [string, unknown])[], depth: number, path: Set<object>): object {
  const result: Record<string, unknown> = {};
  for (const [name, value] of entries.slice(0, widest)) {
    const isSecret = secretName.test(name) && !harmlessName.test(name) && typeof value !== "boolean" && value !== null;
    result[name] = isSecret && value !== undefined ? shown : copy(value, depth + 1, path);
  }
  return result;
}

function error(value: Error, depth: number, path: Set<object>): object {
  return {
    name: value.name,
    message: redactText(value.message),
    ...("code" in value && typeof value.code === "string" ? { code: value.code } : {}),
    ...("kind" in value && typeof value.kind === "string" ? { kind: value.kind } : {}),
    stack: redactText((value.stack ?? "").split("\n").slice(0, 12).join("\n")),
    ...(value.cause === undefined ? {} : { cause: copy(value.cause, depth + 1, path) }),
  };
}
