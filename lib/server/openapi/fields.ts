import type { ReferenceField } from "#lib/contract/reference-view.ts";
import { componentOf, type JsonSchema } from "./json-schema.ts";

/** A schema as a table: one line a field, what is within it below it. */

const depthMax = 5;

export type Components = Readonly<Record<string, JsonSchema>>;

/** The lines of an object's fields, or of those of the items of a list. */
export function fieldsOf(schema: JsonSchema, components: Components): readonly ReferenceField[] {
  return within(schema, 0, new Reading(components, new Set()), new Set());
}

/** What a value may be, as programmers write it: `string[] | null`. */
export function typeOf(schema: JsonSchema, components: Components): string {
  return typeWithin(schema, new Reading(components, new Set()));
}

class Reading {
  readonly components: Components;
  /** names of the components we are in: a filter has filters in it */
  readonly open: ReadonlySet<string>;

  constructor(components: Components, open: ReadonlySet<string>) {
    this.components = components;
    this.open = open;
  }

  /** The schema itself, wherever it is written; undefined inside of itself. */
  resolve(schema: JsonSchema): readonly [JsonSchema, Reading] | undefined {
    const name = componentOf(schema);
    if (name === undefined) return [schema, this];
    const target = this.components[name];
    if (!target || this.open.has(name)) return undefined;
    return new Reading(this.components, new Set([...this.open, name])).resolve(target);
  }
}

/** @param shown components that this table has shown already: once is enough */
function within(given: JsonSchema, depth: number, reading: Reading, shown: Set<string>): readonly ReferenceField[] {
  const name = componentOf(given);
  const resolved = depth > depthMax || (name !== undefined && shown.has(name)) ? undefined : reading.resolve(given);
  if (!resolved) return [];
  if (name !== undefined) shown.add(name);
  const [schema, inside] = resolved;
  if (schema.items) return within(schema.items, depth, inside, shown);
  const alternatives = alternativesOf(schema);
  const titled = (schema.properties ? [] : alternatives).map((each) => [each, inside.resolve(each)?.[0]] as const);
  if (titled.length > 1 && titled.every(([, one]) => one?.title !== undefined))
    return titled.flatMap(([each, one]) => [
      { name: one?.title ?? "", depth, type: "", required: false, description: one?.description ?? "", limits: [] },
      ...within(each, depth + 1, inside, shown),
    ]);
  if (alternatives.length > 0 && !schema.properties)
    return alternatives.flatMap((each) => within(each, depth, inside, shown));
  return Object.entries(schema.properties ?? {}).flatMap(([field, property]) => [
    fieldOf(field, property, schema.required?.includes(field) ?? false, depth, inside),
    ...within(property, depth + 1, inside, shown),
  ]);
}

function fieldOf(
  name: string,
  property: JsonSchema,
  required: boolean,
  depth: number,
  reading: Reading,
): ReferenceField {
  const [target] = reading.resolve(property) ?? [property];
  return {
    name,
    depth,
    type: typeWithin(property, reading),
    required,
    description: property.description ?? target.description ?? "",
    limits: limitsOf({ ...target, ...property }),
  };
}

/** What it may be instead of null. */
function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf ?? []).filter((each) => each.type !== "null");
}

function typeWithin(given: JsonSchema, reading: Reading): string {
  const resolved = reading.resolve(given);
  if (!resolved) return "object";
  const [schema, inside] = resolved;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.properties ? undefined : (schema.anyOf ?? schema.oneOf);
  if (options) return [...new Set(options.map((each) => typeWithin(each, inside)))].join(" | ");
  if (schema.items) {
    const item = typeWithin(schema.items, inside);
    return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
  }
  if (schema.contentMediaType === "application/octet-stream") return "file";
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  if (typeof schema.type === "string") return schema.type;
  return schema.properties ? "object" : "any";
}

/** Limits in words. Patterns are left to the description: they are for programs. */
export function limitsOf(schema: JsonSchema): readonly string[] {
  const range = (least: number | undefined, most: number | undefined, what: string): string[] => {
    const number = (value: number) => value.toLocaleString("en");
    if (least !== undefined && most !== undefined) return [`${number(least)} to ${number(most)}${what}`];
    if (most !== undefined) return [`at most ${number(most)}${what}`];
    return least !== undefined && least > 0 ? [`at least ${number(least)}${what}`] : [];
  };
  return [
    ...(schema.format === "date-time" ? ["a moment in ISO 8601"] : []),
    ...range(schema.minimum, schema.maximum, ""),
    ...range(schema.minLength, schema.maxLength, " characters"),
    ...range(schema.minItems, schema.maxItems, " entries"),
    ...(schema.default === undefined ? [] : [`default \`${JSON.stringify(schema.default)}\``]),
    ...(schema.examples?.length
      ? [`e.g. ${schema.examples.map((each) => `\`${JSON.stringify(each)}\``).join(", ")}`]
      : []),
  ];
}
