import { z } from "zod";
import { isShortLived, linkOf } from "./addresses.ts";
import { tableOf } from "./lines.ts";
import { plainOf } from "./rich-text.ts";
import { richTextSchema, type Page, type Property } from "./shapes.ts";

type Value = string | number | boolean;

const named = z
  .looseObject({ name: z.string().nullish().catch(null) })
  .nullish()
  .catch(null);
const namedList = z.array(named).catch([]);
const day = z
  .looseObject({ start: z.string(), end: z.string().nullish().catch(null) })
  .nullish()
  .catch(null);
const text = z.string().nullish().catch(null);
const number = z.number().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const typed = z.looseObject({ type: z.string() }).nullish().catch(null);
const uniqueId = z.looseObject({ prefix: text, number }).nullish().catch(null);
const place = z.looseObject({ name: text, address: text }).nullish().catch(null);
const verification = z.looseObject({ state: text }).nullish().catch(null);
const files = z
  .array(z.looseObject({ name: text, external: z.looseObject({ url: z.string() }).nullish().catch(null) }).nullish())
  .catch([]);

const join = (names: readonly (string | null | undefined)[]): string | null =>
  names.filter((name) => name !== null && name !== undefined && name !== "").join(", ") || null;

/** How each kind of property (developers.notion.com/reference/page-property-values) becomes one flat value. */
const readers: Readonly<Record<string, (value: unknown, property: Property) => Value | null | undefined>> = {
  title: (value) => plainOf(richTextSchema.parse(value)),
  rich_text: (value) => plainOf(richTextSchema.parse(value)),
  number: (value) => number.parse(value),
  string: (value) => text.parse(value),
  boolean: (value) => flag.parse(value),
  checkbox: (value) => flag.parse(value),
  select: (value) => named.parse(value)?.name,
  status: (value) => named.parse(value)?.name,
  multi_select: (value) => join(namedList.parse(value).map((each) => each?.name)),
  people: (value) => join(namedList.parse(value).map((each) => each?.name)),
  created_by: (value) => named.parse(value)?.name,
  last_edited_by: (value) => named.parse(value)?.name,
  created_time: (value) => text.parse(value),
  last_edited_time: (value) => text.parse(value),
  date: (value) => {
    const date = day.parse(value);
    return date && (date.end ? `${date.start} → ${date.end}` : date.start);
  },
  url: (value) => text.parse(value),
  email: (value) => text.parse(value),
  phone_number: (value) => text.parse(value),
  files: (value) => join(files.parse(value).map((each) => each?.name)),
  relation: (value, property) => {
    const count = Array.isArray(value) ? value.length : 0;
    return count === 0 ? null : property["has_more"] === true ? `${count}+` : count;
  },
  unique_id: (value) => {
    const id = uniqueId.parse(value);
    if (id?.number === null || id?.number === undefined) return null;
    return id.prefix ? `${id.prefix}-${id.number}` : String(id.number);
  },
  verification: (value) => verification.parse(value)?.state,
  place: (value) => {
    const where = place.parse(value);
    return join([where?.name, where?.address]);
  },
  formula: (value) => valueOf(typed.parse(value)),
  rollup: (value) => valueOf(typed.parse(value)),
  array: (value) =>
    Array.isArray(value)
      ? join(
          value.slice(0, 100).map((each) => {
            const item = valueOf(typed.parse(each));
            return item === null ? null : String(item);
          }),
        )
      : null,
};

/** One flat value; null = empty, or of a kind that has none. */
function valueOf(property: Property | null | undefined): Value | null {
  if (!property || !Object.hasOwn(readers, property.type)) return null;
  const value = readers[property.type]?.(property[property.type], property) ?? null;
  return value === "" ? null : value;
}

const longestName = 100;
const longestValue = 1_000;
const mostProperties = 60;
/** Kinds that say again what a document knows anyway, and would change it with every edit. */
const known = new Set(["last_edited_time", "last_edited_by"]);

const short = (value: string, most: number): string => (value.length > most ? `${value.slice(0, most - 1)}…` : value);

/** The title of a page: the property of that kind, whatever its name. */
export function titleOf(page: Page): string {
  const title = Object.values(page.properties ?? {}).find(({ type }) => type === "title");
  const words = title ? plainOf(richTextSchema.parse(title["title"])).replace(/\s+/g, " ").trim() : "";
  return short(words, longestValue) || "Untitled";
}

function valuesOf(page: Page): [name: string, value: Value, property: Property][] {
  return Object.entries(page.properties ?? {})
    .flatMap(([name, property]): [string, Value, Property][] => {
      const value = valueOf(property);
      const label = name.replace(/[\s\p{C}]+/gu, " ").trim();
      return value === null || label === "" ? [] : [[label, value, property]];
    })
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The properties of a row as flat metadata, without its title (that is the document's own). */
export function metadataOf(page: Page, database: string | null): Record<string, Value> {
  const values = valuesOf(page)
    .filter(([, , { type }]) => type !== "title" && !known.has(type))
    .slice(0, mostProperties)
    .map(([name, value]): [string, Value] => [
      short(name, longestName),
      typeof value === "string" ? short(value, longestValue) : value,
    ]);
  return Object.fromEntries(database === null ? values : [...values, ["database", short(database, longestValue)]]);
}

/** The properties of a row as a table, its title first: what stands at the top of its text. */
export function propertyTable(page: Page): string {
  const values = valuesOf(page).filter(([, , { type }]) => !known.has(type));
  const rows = [
    ...values.filter(([, , { type }]) => type === "title"),
    ...values.filter(([, , { type }]) => type !== "title"),
  ].map(([name, value, property]) => [name, shown(value, property)]);
  return rows.length === 0 ? "" : tableOf([["Property", "Value"], ...rows]);
}

function shown(value: Value, { type }: Property): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (type === "url" && typeof value === "string" && !isShortLived(value)) return linkOf(value, value);
  return String(value);
}
