import { z } from "zod";
import { wordsFor } from "./invalid.ts";
import { isStorable } from "./storable.ts";

/** Conditions on documents' metadata, as listings and searches take them: a tree of AND and OR over single conditions. */
export type MetadataFilter =
  { readonly all: readonly MetadataFilter[] } | { readonly any: readonly MetadataFilter[] } | MetadataCondition;

export interface MetadataCondition {
  readonly key: string;
  readonly value: string;
  readonly type: "metadata" | "numeric" | "array_contains" | "string_contains";
  /** for numeric */
  readonly operator: NumericOperator;
  readonly negate: boolean;
  readonly ignoreCase: boolean;
}

export type NumericOperator = ">" | "<" | ">=" | "<=" | "=";

const levelsMax = 8;
const conditionsMax = 200;
const valueCharsMax = 4_000;

/** `"true"` and `"false"` are taken for what they say: callers do send them so. */
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);

const condition = z
  .object({
    key: z.string().regex(/^[\w.-]{1,64}$/, "must be 1 to 64 characters: letters, digits, underscore, dot or hyphen"),
    value: z
      .string("must be a string")
      .max(valueCharsMax, `must not be longer than ${valueCharsMax} characters`)
      .refine(isStorable, "contains characters that are not allowed"),
    filterType: z.enum(["metadata", "numeric", "array_contains", "string_contains"]).default("metadata"),
    numericOperator: z.enum([">", "<", ">=", "<=", "="]).default("="),
    negate: flag.default(false),
    ignoreCase: flag.default(false),
  })
  .refine((c) => c.filterType !== "numeric" || /^-?\d{1,30}(\.\d{1,30})?$/.test(c.value), {
    path: ["value"],
    error: "must be a number for a numeric filter",
  });

type Path = (string | number)[];

class Invalid extends Error {
  readonly path: Path;
  constructor(path: Path, message: string) {
    super(message);
    this.path = path;
  }
}

/**
 * `{ AND: […] }` or `{ OR: […] }` of conditions and further such lists, or the same as JSON text. Read by hand rather
 * than by a recursive schema, because text may nest as deeply as it likes.
 */
export const metadataFilter = z
  .unknown()
  .transform((given, ctx): MetadataFilter => {
    try {
      return new Reader().list(typeof given === "string" ? parsed(given) : given, [], 1);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      ctx.addIssue({ code: "custom", path: error.path, message: error.message });
      return z.NEVER;
    }
  })
  .meta({
    description: "Conditions on metadata.",
    openapi: { $ref: "#/components/schemas/MetadataFilter" },
    examples: [{ AND: [{ key: "team", value: "sales" }] }],
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Invalid([], "is not valid JSON");
  }
}

class Reader {
  #conditions = 0;

  list(value: unknown, path: Path, level: number): MetadataFilter {
    const lists = listsOf(value);
    const [first] = lists;
    if (!first || lists.length > 1) throw new Invalid(path, "must be { AND: […] } or { OR: […] }");
    const [name, items] = first;
    const within = [...path, name];
    if (!Array.isArray(items) || items.length === 0) throw new Invalid(within, "must be a list of conditions");
    if (level > levelsMax) throw new Invalid(within, `must not be nested in more than ${levelsMax} levels`);
    const read = items.map((item: unknown, i) =>
      listsOf(item).length > 0 ? this.list(item, [...within, i], level + 1) : this.#condition(item, [...within, i]),
    );
    return name === "AND" ? { all: read } : { any: read };
  }

  #condition(value: unknown, path: Path): MetadataCondition {
    if (++this.#conditions > conditionsMax)
      throw new Invalid([], `must not have more than ${conditionsMax} conditions`);
    const result = condition.safeParse(value, { error: wordsFor });
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new Invalid([...path, ...((issue?.path ?? []) as Path)], issue?.message ?? "is not a condition");
    }
    const { key, value: wanted, filterType: type, numericOperator: operator, negate, ignoreCase } = result.data;
    return { key, value: wanted, type, operator, negate, ignoreCase };
  }
}

/** The AND and OR of an object; callers that spread both into one are told. */
function listsOf(value: unknown): readonly (readonly ["AND" | "OR", unknown])[] {
  if (typeof value !== "object" || value === null) return [];
  const { AND, OR } = value as { AND?: unknown; OR?: unknown };
  return [["AND", AND] as const, ["OR", OR] as const].filter(([, list]) => list !== undefined);
}
