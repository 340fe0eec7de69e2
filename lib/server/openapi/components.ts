import type { JsonSchema } from "./json-schema.ts";

/** Schemas that are written by hand, because the contract reads them by hand (lib/contract/filters.ts). */

const flag = (description: string): JsonSchema => ({
  description,
  anyOf: [{ type: "boolean" }, { enum: ["true", "false"] }],
  default: false,
});

const list: JsonSchema = {
  type: "array",
  minItems: 1,
  maxItems: 200,
  items: {
    anyOf: [{ $ref: "#/components/schemas/MetadataCondition" }, { $ref: "#/components/schemas/MetadataFilterTree" }],
  },
};

export const handWritten: Readonly<Record<string, JsonSchema>> = {
  MetadataFilter: {
    description:
      "Conditions on metadata: `AND` or `OR` over conditions and further such lists, at most 8 levels and 200 conditions " +
      "in all. The same as JSON text is taken too.",
    anyOf: [{ $ref: "#/components/schemas/MetadataFilterTree" }, { type: "string" }],
  },
  MetadataFilterTree: {
    type: "object",
    properties: {
      AND: { ...list, description: "Conditions, or further lists, that all have to hold." },
      OR: { ...list, description: "The same, of which one has to hold. Either this or `AND`, not both." },
    },
    oneOf: [{ required: ["AND"] }, { required: ["OR"] }],
  },
  MetadataCondition: {
    type: "object",
    properties: {
      key: { type: "string", pattern: "^[\\w.-]{1,64}$", description: "The metadata key.", examples: ["team"] },
      value: {
        type: "string",
        maxLength: 4_000,
        description: "What to compare with; numbers as text too.",
        examples: ["sales"],
      },
      filterType: {
        enum: ["metadata", "numeric", "array_contains", "string_contains"],
        default: "metadata",
        description:
          "`metadata`: the value is equal. `numeric`: compared as a number. `array_contains`: the list has it. " +
          "`string_contains`: the text has it somewhere.",
      },
      numericOperator: {
        enum: [">", "<", ">=", "<=", "="],
        default: "=",
        description: "How to compare, with `numeric`.",
      },
      negate: flag("The condition must not hold."),
      ignoreCase: flag("Upper and lower case are the same."),
    },
    required: ["key", "value"],
  },
};
