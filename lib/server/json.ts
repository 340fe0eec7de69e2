import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import { isStorable } from "#lib/contract/storable.ts";

/** Strict JSON from strangers: what JSON.parse lets through but nothing behind it should have to think about. */

const depthMax = 32;
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Keys of a body in all, unless told. */
export const defaultKeysMax = 10_000;

/** A JSON object. @throws AppError invalid_request, naming the field where there is one */
export function parseJsonObject(text: string, keysMax = defaultKeysMax): Readonly<Record<string, unknown>> {
  const keys = countKeys(text, keysMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError("invalid_request", "The request body is not valid JSON.", {
      details: "Send one JSON object in UTF-8.",
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AppError("invalid_request", "The request body must be a JSON object.");
  const problems: FieldProblem[] = [];
  // Every key has one colon; JSON.parse keeps the last of several equal keys, so a difference betrays them.
  if (inspect(value, "", problems) !== keys && problems.length === 0)
    throw new AppError("invalid_request", "The request body names a key twice in one object.");
  if (problems.length > 0)
    throw new AppError("invalid_request", "The request is not valid.", { fields: problems.slice(0, 20) });
  return value as Record<string, unknown>;
}

/** One pass over the text, before anything is built from it: nesting and size are bounded first. */
function countKeys(text: string, keysMax: number): number {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 /* " */) {
      i = endOfString(text, i);
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      if (++depth > depthMax)
        throw new AppError("invalid_request", "The request body is nested too deeply.", {
          details: `At most ${depthMax} levels are allowed.`,
        });
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
      depth--;
    } else if (code === 0x3a /* : */ && ++keys > keysMax) {
      throw new AppError("invalid_request", "The request body has too many keys.", {
        details: `At most ${keysMax} are allowed.`,
      });
    }
  }
  return keys;
}

function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c /* \ */) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/** Counts the keys of all objects within, noting texts that cannot be stored and keys that mean something to JavaScript. */
function inspect(value: unknown, path: string, problems: FieldProblem[]): number {
  if (typeof value === "string") {
    if (!isStorable(value))
      problems.push({ path, message: "contains characters that cannot be stored (NUL or half a surrogate pair)" });
    return 0;
  }
  if (typeof value !== "object" || value === null) return 0;
  const within = (name: string) => (path ? `${path}.${name}` : name);
  if (Array.isArray(value))
    return value.reduce<number>((sum, item, i) => sum + inspect(item, within(String(i)), problems), 0);
  const entries = Object.entries(value);
  let keys = entries.length;
  for (const [key, item] of entries) {
    if (forbiddenKeys.has(key)) problems.push({ path: within(key), message: "is not allowed as a key" });
    else if (!isStorable(key))
      problems.push({ path: path || "body", message: "has a key with characters that cannot be stored" });
    keys += inspect(item, within(key.slice(0, 100)), problems);
  }
  return keys;
}
