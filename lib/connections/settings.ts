import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import { wordsFor } from "#lib/contract/invalid.ts";
import { isStorable } from "#lib/contract/storable.ts";
import type { JsonValue, Metadata } from "#lib/contract/views.ts";
import type { Connector } from "#lib/connectors/types.ts";

/** Keys of `metadata` that replies fill in: what a caller says about them is dropped, never stored. */
const reservedKeys: ReadonlySet<string> = new Set(["syncInProgress", "lastSyncedAt", "documentCount"]);

const metadataKeysMax = 100;
const metadataKeyCharsMax = 128;
const metadataValueCharsMax = 4_000;
const metadataBytesMax = 16_384;

export type Settings = Readonly<Record<string, JsonValue>>;

/** A provider's settings as stored: what may be shown, and what is sealed. */
export interface ParsedSettings {
  readonly config: Readonly<Record<string, unknown>>;
  readonly open: Readonly<Record<string, JsonValue>>;
  readonly secret: Readonly<Record<string, JsonValue>>;
}

/** The API's one `metadata` object: the connector's settings on one side, the caller's own keys on the other. */
export function splitMetadata(
  connector: Connector,
  metadata: Settings,
): { readonly settings: Settings; readonly own: Settings } {
  const names = new Set<string>(connector.settings);
  const entries = Object.entries(metadata);
  return {
    settings: Object.fromEntries(entries.filter(([key]) => names.has(key))),
    own: Object.fromEntries(entries.filter(([key]) => !names.has(key))),
  };
}

/** Every problem of the settings, with paths as the API names them (`metadata.bucket`); empty = `parsed` is there. */
export function parseSettings(
  connector: Connector,
  settings: Settings,
): { readonly problems: readonly FieldProblem[]; readonly parsed?: ParsedSettings } {
  const names = new Set<string>(connector.settings);
  const unknown = Object.keys(settings).filter((key) => !names.has(key));
  if (unknown.length > 0)
    return {
      problems: unknown.map((key) => ({ path: `metadata.${key}`, message: "is not a setting of this provider" })),
    };
  const odd = Object.entries(settings).filter(([, value]) => !isStorableJson(value));
  if (odd.length > 0)
    return {
      problems: odd.map(([key]) => ({ path: `metadata.${key}`, message: "contains characters that cannot be stored" })),
    };
  const result = connector.config.safeParse(settings, { error: wordsFor });
  if (!result.success)
    return {
      problems: result.error.issues.map((issue) => ({
        path: ["metadata", ...issue.path.map(String)].join("."),
        message: issue.message,
      })),
    };
  const config = Object.freeze({ ...result.data });
  const secretNames = new Set<string>(connector.secrets);
  const entries = Object.entries(config).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return {
    problems: [],
    parsed: {
      config,
      open: Object.fromEntries(entries.filter(([key]) => !secretNames.has(key))),
      secret: Object.fromEntries(entries.filter(([key]) => secretNames.has(key))),
    },
  };
}

/** @throws AppError invalid_request naming every setting that is wrong */
export function requireSettings(connector: Connector, settings: Settings): ParsedSettings {
  const { problems, parsed } = parseSettings(connector, settings);
  if (parsed) return parsed;
  throw new AppError("invalid_request", `The settings for ${connector.name} are not valid.`, { fields: problems });
}

/**
 * The caller's own metadata: flat, small, of strings, numbers and booleans; reserved keys are left out.
 * @throws AppError invalid_request
 */
export function requireMetadata(connector: Connector, metadata: Readonly<Record<string, unknown>>): Metadata {
  const problems: FieldProblem[] = [];
  const names = new Set<string>(connector.settings);
  // A secret under a name almost right would be copied onto every document.
  const spellings = new Map(connector.settings.map((name) => [spelling(name), name]));
  const entries = Object.entries(metadata).filter(([key]) => !reservedKeys.has(key));
  if (entries.length > metadataKeysMax)
    throw invalid([{ path: "metadata", message: `must not have more than ${metadataKeysMax} keys` }]);
  for (const [key, value] of entries) {
    const path = `metadata.${key.slice(0, metadataKeyCharsMax)}`;
    if (key.length < 1 || key.length > metadataKeyCharsMax)
      problems.push({ path, message: `keys must have 1 to ${metadataKeyCharsMax} characters` });
    else if (key === "__proto__" || key === "constructor" || key === "prototype")
      problems.push({ path, message: "is not allowed as a key" });
    else if (!isStorable(key))
      problems.push({ path: "metadata", message: "has a key with characters that cannot be stored" });
    else if (names.has(key)) problems.push({ path, message: "is a setting of the provider, not metadata" });
    else if (spellings.has(spelling(key)))
      problems.push({ path, message: `must be written ${spellings.get(spelling(key))}` });
    else if (connector.settings.some((name) => oneLetterApart(key, name)))
      problems.push({
        path,
        message: `is one letter away from ${connector.settings.find((name) => oneLetterApart(key, name))}: write that, or give metadata of your own another name`,
      });
    else if (typeof value === "string") {
      if (value.length > metadataValueCharsMax)
        problems.push({ path, message: `must not be longer than ${metadataValueCharsMax} characters` });
      else if (!isStorable(value)) problems.push({ path, message: "contains characters that cannot be stored" });
    } else if (typeof value !== "boolean" && !(typeof value === "number" && Number.isFinite(value)))
      problems.push({ path, message: "must be a string, a number or a boolean" });
  }
  if (problems.length === 0 && Buffer.byteLength(JSON.stringify(Object.fromEntries(entries))) > metadataBytesMax)
    problems.push({ path: "metadata", message: `must not be larger than ${metadataBytesMax / 1024} kB` });
  if (problems.length > 0) throw invalid(problems.slice(0, 20));
  return Object.fromEntries(entries) as Metadata;
}

/** `secret_access_key`, `SecretAccessKey` and `secretAccessKey` are one name to people. */
function spelling(name: string): string {
  return name.replaceAll(/[_\s-]/g, "").toLowerCase();
}

/**
 * A setting with a letter missing, added, changed or swapped. Taken for metadata of the caller's own it would silently
 * not apply: a misspelt prefix would sync the whole bucket.
 */
function oneLetterApart(key: string, name: string): boolean {
  const [a, b] = [key.toLowerCase(), name.toLowerCase()];
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === [...right].toReversed().join(""));
}

/** Callers without an HTTP body in front of them (forms, tests) may send anything. */
function isStorableJson(value: JsonValue): boolean {
  if (typeof value === "string") return isStorable(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorableJson(inner as JsonValue));
}

function invalid(fields: readonly FieldProblem[]): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields });
}
