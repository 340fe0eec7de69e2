import { z } from "zod";

/** JSON Schema 2020-12, as far as zod writes it and a reader of the document needs it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly deprecated?: boolean;
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly contentMediaType?: string;
  readonly contentSchema?: JsonSchema;
}

const prefix = "#/components/schemas/";

/** The name of a component's schema that is referred to; undefined for a schema that says itself what it is. */
export function componentOf(schema: JsonSchema): string | undefined {
  return schema.$ref?.startsWith(prefix) ? schema.$ref.slice(prefix.length) : undefined;
}

/** Turns schemas of the contract into JSON Schema and gathers those that have an `id` as components. */
export class SchemaWriter {
  readonly components = new Map<string, JsonSchema>();
  readonly #closed: boolean;

  /** @param closed true = replies have no fields but those named: for tests; readers must expect more */
  constructor(closed: boolean) {
    this.#closed = closed;
  }

  /** What a caller may send. */
  request(schema: z.ZodType): JsonSchema {
    return this.#write(schema, "input");
  }

  /** What we answer. */
  reply(schema: z.ZodType): JsonSchema {
    return this.#write(schema, "output");
  }

  #write(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    const {
      $schema: _dialect,
      $defs,
      ...written
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => {
        // Zod leaves out defaults of what is transformed; ours are what a caller may send.
        // oxlint-disable-next-line no-underscore-dangle -- zod's own name for it, and there is no other
        const { def } = zodSchema._zod;
        if (def.type === "default" && jsonSchema.default === undefined) jsonSchema.default = def.defaultValue as never;
      },
    });
    for (const [name, definition] of Object.entries($defs ?? {})) {
      const tidied = this.#tidy(definition) as JsonSchema;
      const known = this.components.get(name);
      if (known && JSON.stringify(known) !== JSON.stringify(tidied))
        throw new Error(`${name} is the name of two different schemas`);
      this.components.set(name, tidied);
    }
    return this.#tidy(written) as JsonSchema;
  }

  #tidy(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((item) => this.#tidy(item));
    if (typeof node !== "object" || node === null) return node;
    const { openapi, ...own } = node as Record<string, unknown>;
    const schema = lifted(openapi ? { ...described(own), ...(openapi as object) } : own);
    return Object.fromEntries(
      Object.entries(schema)
        .filter(([name, value]) => !this.#isNoise(schema, name, value))
        .map(([name, value]) => {
          if (name === "$ref") return [name, String(value).replace("#/$defs/", prefix)];
          if (name === "default" || name === "examples" || name === "const" || name === "enum") return [name, value];
          if (name === "properties") return [name, mapped(value as object, (property) => this.#tidy(property))];
          return [name, this.#tidy(value)];
        }),
    );
  }

  #isNoise(schema: Record<string, unknown>, name: string, value: unknown): boolean {
    if (name === "id") return true;
    // `format` says it in one word.
    if (name === "pattern") return schema["format"] === "date-time" || schema["format"] === "date";
    if (name === "minimum") return value === Number.MIN_SAFE_INTEGER;
    if (name === "maximum") return value === Number.MAX_SAFE_INTEGER;
    if (name === "propertyNames") return JSON.stringify(value) === '{"type":"string"}';
    if (name === "additionalProperties") return value === false && !this.#closed;
    return false;
  }
}

/** What stays of a schema whose shape is told by its `openapi` metadata. */
function described(schema: Record<string, unknown>): Record<string, unknown> {
  const kept = ["title", "description", "default", "examples", "deprecated"];
  return Object.fromEntries(Object.entries(schema).filter(([name]) => kept.includes(name)));
}

/** What the only alternative to null says of itself is said of the whole. */
function lifted(schema: Record<string, unknown>): Record<string, unknown> {
  const branches = schema["anyOf"];
  if (!Array.isArray(branches) || schema["description"] !== undefined) return schema;
  const [only, ...others] = (branches as Record<string, unknown>[]).filter((branch) => branch["type"] !== "null");
  if (!only || others.length > 0) return schema;
  const { description, examples } = only;
  return { ...(description !== undefined && { description }), ...(examples !== undefined && { examples }), ...schema };
}

function mapped(object: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
