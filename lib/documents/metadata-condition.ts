import type { MetadataCondition, MetadataFilter, NumericOperator } from "#lib/contract/filters.ts";

const opposite: Readonly<Record<NumericOperator, string>> = { ">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "<>" };

/**
 * A filter on metadata as SQL over `d.metadata`; `bind` takes a value and answers its placeholder. What is not there
 * never matches, except by negation; a negated comparison of numbers is the opposite comparison.
 */
export function metadataSql(filter: MetadataFilter, bind: (value: unknown) => string): string {
  if ("all" in filter) return `(${filter.all.map((part) => metadataSql(part, bind)).join(" and ")})`;
  if ("any" in filter) return `(${filter.any.map((part) => metadataSql(part, bind)).join(" or ")})`;
  return conditionSql(filter, bind);
}

function conditionSql(condition: MetadataCondition, bind: (value: unknown) => string): string {
  const { type, operator, negate, ignoreCase } = condition;
  const json = `d.metadata -> ${bind(condition.key)}::text`;
  const value = `${bind(condition.value)}::text`;
  const folded = (text: string) => (ignoreCase ? `lower(${text})` : text);
  if (type === "numeric") {
    const compared = negate ? opposite[operator] : operator;
    // A case keeps the cast away from what is no number; and-ed conditions may run in any order.
    return `coalesce(case when (${json}) #>> '{}' ~ '^-?\\d+(\\.\\d+)?$' then ((${json}) #>> '{}')::numeric ${compared} ${value}::numeric end, false)`;
  }
  const text = `(${json}) #>> '{}'`;
  const matches =
    type === "metadata"
      ? `${folded(text)} = ${folded(value)}`
      : type === "string_contains"
        ? `strpos(${folded(text)}, ${folded(value)}) > 0`
        : `case when jsonb_typeof(${json}) = 'array' then exists (
             select 1 from jsonb_array_elements_text(${json}) as element where ${folded("element")} = ${folded(value)}) end`;
  return `${negate ? "not " : ""}coalesce(${matches}, false)`;
}
