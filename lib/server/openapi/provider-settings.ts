import type { Connector } from "#lib/connectors/types.ts";
import type { JsonSchema, SchemaWriter } from "./json-schema.ts";

/** The settings that each provider takes in the `metadata` of a new connection, from the registry's own schemas. */

/** Name of the component that describes a provider's settings: `S3Settings`, `GoogleDriveSettings`. */
function nameOf(provider: string): string {
  const words = provider.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("")}Settings`;
}

/** Adds a component for every provider and answers the schema of `metadata`: one of them, or the caller's keys alone. */
export function metadataSchema(connectors: readonly Connector[], writer: SchemaWriter): JsonSchema {
  const names = connectors.map((connector) => {
    const name = nameOf(connector.id);
    writer.components.set(name, settingsSchema(connector, writer));
    return name;
  });
  return {
    description:
      "The provider's settings, together with any keys of your own, which are copied onto every document. Values are " +
      "strings, numbers or booleans.",
    anyOf: [...names.map((name) => ({ $ref: `#/components/schemas/${name}` })), { type: "null" }],
  };
}

function settingsSchema(connector: Connector, writer: SchemaWriter): JsonSchema {
  const { properties = {}, required = [] } = writer.request(connector.config);
  // Choosing is `configure`'s matter: lists are no values of metadata.
  const taken = Object.entries(properties).filter(([, schema]) => schema.type !== "array");
  const secrets: readonly string[] = connector.secrets;
  const hints: Readonly<Record<string, Connector["fields"][never] | undefined>> = connector.fields;
  const entries = taken.map(([name, schema]): [string, JsonSchema] => {
    const hint = hints[name];
    const choices = hint?.options?.map(({ value, label }) => `\`${value}\`: ${label}`).join("; ");
    const words = [hint && `${hint.label}.`, hint?.help, choices && `${choices}.`].filter(Boolean).join(" ");
    const secret = secrets.includes(name);
    return [
      name,
      {
        ...schema,
        // Settings that coerce take anything that reads as a number.
        ...(Object.keys(schema).every((key) => key === "default") && typeof schema.default === "number"
          ? { type: ["number", "string"] }
          : {}),
        description: schema.description ?? (words || name),
        ...(hint?.placeholder && !secret && schema.type === "string" && { examples: [hint.placeholder] }),
        ...(secret && { format: "password", writeOnly: true }),
      },
    ];
  });
  return {
    title: connector.name,
    description: `${connector.summary}.`,
    type: "object",
    properties: Object.fromEntries(entries),
    required: required.filter((name) => entries.some(([setting]) => setting === name)),
    additionalProperties: { type: ["string", "number", "boolean"] },
  };
}
