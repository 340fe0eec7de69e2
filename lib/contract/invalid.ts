import type { z } from "zod";

/**
 * What is wrong with a value, in the same words as everywhere else, for rules that bring none of their own. Passed to
 * `safeParse` as `error`. Speaks of the value only; its name is shown before it.
 */
export function wordsFor(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `must be ${kinds[issue.expected] ?? "of another kind"}`;
    case "too_small":
      return bound(issue.origin, "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, "at most", issue.maximum);
    case "invalid_value":
      return `must be ${listed(issue.values.map(String))}`;
    case "invalid_format":
      return "is not written as it has to be";
    case "unrecognized_keys":
      return `has keys that are not known: ${issue.keys.join(", ").slice(0, 200)}`;
    default:
      return "is not possible here";
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const units: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};

function bound(origin: string, how: string, limit: number | bigint): string {
  const unit = units[origin];
  const amount = limit.toLocaleString("en");
  return unit === undefined ? `must be ${how} ${amount}` : `must have ${how} ${amount} ${unit[amount === "1" ? 0 : 1]}`;
}

function listed(values: readonly string[]): string {
  const last = values.at(-1) ?? "";
  return values.length < 2 ? last : `${values.slice(0, -1).join(", ")} or ${last}`;
}
