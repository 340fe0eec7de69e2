import type { MetadataCondition, MetadataFilter, NumericOperator } from "#lib/contract/filters.ts";

const opposite: Readonly<Record<NumericOperator, string>> = { ">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "<>" };

/** Takes a value and answers its placeholder. */
type Bind = (value: unknown) => string;

/**
 * A filter on metadata as SQL over `d.metadata`. What is not there never matches, except by negation; a negated
 * comparison of numbers is the opposite comparison.
 */
export function metadataSql(filter: MetadataFilter, bind: Bind): string {
  if ("all" in filter) return `(${filter.all.map((part) => metadataSql(part, bind)).join(" and ")})`;
  if ("any" in filter) return `(${filter.any.map((part) => metadataSql(part, bind)).join(" or ")})`;
  return conditionSql(filter, bind);
}

function conditionSql(condition: MetadataCondition, bind: Bind): string {
  const { type, operator, negate, ignoreCase } = condition;
  const json = `d.metadata -> ${bind(condition.key)}::text`;
  const value = `${bind(condition.value)}::text`;
  const folded = (text: string) => (ignoreCase ? `lower(${text})` : text);
  if (type === "numeric") {
    const compared = negate ? opposite[operator] : operator;
    // A case keeps the cast away from what is no number; and-ed conditions may run in any order.
    return `coalesce(case when (${json}) #>> '{}' ~ '^-?[0-9]+(\\.[0-9]+)?$' then ((${json}) #>> '{}')::numeric ${compared} ${value}::numeric end, false)`;
  }
  const text = `(${json}) #>> '{}'`;
  const matches =
    type === "metadata"
      ? `${folded(text)} = ${folded(value)}`
      : type === "string_contains"
        ? `strpos(${folded(text)}, ${folded(value)}) > 0`
        : `case when jsonb_typeof(${json}) = 'array' then exists (
             select 1 from jsonb_array_elements_text(${json}) as element where ${folded("element")} = ${folded(value)}) end`;
  if (negate) return `not coalesce(${matches}, false)`;
  const narrowed = ignoreCase ? undefined : containing(condition, bind);
  return narrowed ? `(${narrowed} and coalesce(${matches}, false))` : `coalesce(${matches}, false)`;
}

/**
 * A wider condition that the index on metadata knows: whatever has this text holds one of these values. Undefined where
 * there is none.
 */
function containing({ type, key, value }: MetadataCondition, bind: Bind): string | undefined {
  const name = JSON.stringify(key);
  const holds = (json: string) => `d.metadata @> ${bind(json)}::jsonb`;
  if (type === "array_contains") {
    const values = readings(value);
    return values && `(${values.map((json) => holds(`{${name}:[${json}]}`)).join(" or ")})`;
  }
  if (type !== "metadata") return undefined;
  const values = readings(value);
  return values && `(${values.map((json) => holds(`{${name}:${json}}`)).join(" or ")})`;
}

/**
 * The JSON values whose text this may be; undefined if lists or objects are among them. Numbers are taken over as they
 * are written: JSON.parse would round them. PostgreSQL finds equal numbers however they are written.
 */
function readings(value: string): readonly string[] | undefined {
  if (/^[[{]/.test(value)) return undefined;
  const text = JSON.stringify(value);
  const same = value === "true" || value === "false" || /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value);
  return same ? [text, value] : [text];
}
