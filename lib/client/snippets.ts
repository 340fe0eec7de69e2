import type { JsonValue, ProviderView } from "#lib/contract/views.ts";
import type { ConnectionFormValues } from "./connection-form.ts";

/**
 * The call a form is about to make, as code to copy. Secrets never appear: they are read from the environment, and so is
 * the API key. The copied text runs as it is.
 */
export const snippetLanguages = ["curl", "TypeScript", "Python"] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

/** A value, or the name of the environment variable that holds it. */
type Slot = { readonly variable: string } | { readonly value: JsonValue };

interface Call {
  readonly containerTags: readonly string[];
  readonly documentLimit: number | undefined;
  readonly metadata: readonly (readonly [name: string, slot: Slot])[];
}

/** secretAccessKey → SECRET_ACCESS_KEY */
export function variableName(field: string): string {
  return field
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

function callOf(provider: ProviderView, values: ConnectionFormValues): Call {
  const metadata: [string, Slot][] = [];
  for (const field of provider.fields) {
    const value = values.settings[field.name];
    const given = value !== undefined && value !== null;
    if (field.secret) {
      if (given || field.required) metadata.push([field.name, { variable: variableName(field.name) }]);
    } else if (given && !same(value, defaultOf(field))) {
      metadata.push([field.name, { value }]);
    } else if (field.required) {
      metadata.push([field.name, { value: given ? value : "…" }]);
    }
  }
  const limit = values.documentLimit;
  return {
    containerTags: values.containerTags,
    documentLimit: limit === undefined || Number.isNaN(limit) ? undefined : limit,
    metadata,
  };
}

/** A list of choices always shows one: the first, where nothing else is said. */
const defaultOf = (field: ProviderView["fields"][number]): JsonValue =>
  field.default ??
  (field.kind === "select" ? (field.options[0]?.value ?? null) : field.kind === "switch" ? false : null);

const same = (a: JsonValue, b: JsonValue) => JSON.stringify(a) === JSON.stringify(b);

export function snippet(
  language: SnippetLanguage,
  origin: string,
  provider: ProviderView,
  values: ConnectionFormValues,
): string {
  const call = callOf(provider, values);
  // the call only begins it, and the end user goes on
  const goesOn = provider.auth === "oauth";
  if (language === "curl") return curl(origin, provider.id, call, goesOn);
  if (language === "Python") return python(origin, provider.id, call, goesOn);
  return typescript(origin, provider.id, call, goesOn);
}

const escaped = (text: string): string => text.replace(/[\\$`]/g, "\\$&");

/** In a here-document the shell fills in $NAMES; everything else that it would touch is escaped. */
function curl(origin: string, provider: string, call: Call, goesOn: boolean): string {
  const show = (slot: Slot) => ("variable" in slot ? `"$${slot.variable}"` : escaped(JSON.stringify(slot.value)));
  const body: string[] = [];
  if (call.containerTags.length) body.push(`  "containerTags": ${escaped(JSON.stringify(call.containerTags))}`);
  if (call.documentLimit !== undefined) body.push(`  "documentLimit": ${call.documentLimit}`);
  if (call.metadata.length) {
    const inner = call.metadata
      .map(([name, slot]) => `    ${escaped(JSON.stringify(name))}: ${show(slot)}`)
      .join(",\n");
    body.push(`  "metadata": {\n${inner}\n  }`);
  }
  return `curl --fail-with-body "${origin}/v3/connections/${provider}" \\
  -H "Authorization: Bearer $TRIBUTARY_API_KEY" \\
  -H "Content-Type: application/json" \\
  --data-binary @- <<JSON
${block("{", body, "}", ",")}
JSON
${goesOn ? `# send the end user to the answer's "authLink"\n` : ""}`;
}

/** Lines between brackets; without any, the brackets alone. */
function block(open: string, lines: readonly string[], close: string, separator = ""): string {
  return lines.length ? `${open}\n${lines.join(`${separator}\n`)}\n${close}` : open + close;
}

const nodeVariable = (name: string): string => ["process", "env", name].join(".");
const pythonVariable = (name: string): string => `os.environ["${name}"]`;
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function typescript(origin: string, provider: string, call: Call, goesOn: boolean): string {
  const show = (slot: Slot) => ("variable" in slot ? nodeVariable(slot.variable) : JSON.stringify(slot.value));
  const body: string[] = [];
  if (call.containerTags.length) body.push(`  containerTags: ${JSON.stringify(call.containerTags)},`);
  if (call.documentLimit !== undefined) body.push(`  documentLimit: ${call.documentLimit},`);
  if (call.metadata.length) {
    body.push(
      `  metadata: {\n${call.metadata.map(([name, slot]) => `    ${key(name)}: ${show(slot)},`).join("\n")}\n  },`,
    );
  }
  return `import Supermemory from "supermemory";

const client = new Supermemory({
  apiKey: ${nodeVariable("TRIBUTARY_API_KEY")},
  baseURL: ${JSON.stringify(origin)},
});

const connection = await client.connections.create(${JSON.stringify(provider)}, ${block("{", body, "}")});
${goesOn ? "// send the end user there\nconsole.log(connection.authLink);" : "console.log(connection.id);"}
`;
}

function python(origin: string, provider: string, call: Call, goesOn: boolean): string {
  const show = (slot: Slot) => ("variable" in slot ? pythonVariable(slot.variable) : literal(slot.value));
  const body: string[] = [];
  if (call.containerTags.length) body.push(`    container_tags=${literal(call.containerTags)},`);
  if (call.documentLimit !== undefined) body.push(`    document_limit=${call.documentLimit},`);
  if (call.metadata.length) {
    body.push(
      `    metadata={\n${call.metadata.map(([name, slot]) => `        ${JSON.stringify(name)}: ${show(slot)},`).join("\n")}\n    },`,
    );
  }
  const name = JSON.stringify(provider);
  const inner = body.length ? block("", [`    ${name},`, ...body], "") : name;
  return `import os
from supermemory import Supermemory

client = Supermemory(
    api_key=${pythonVariable("TRIBUTARY_API_KEY")},
    base_url=${JSON.stringify(origin)},
)

connection = client.connections.create(${inner})
${goesOn ? "# send the end user there\nprint(connection.auth_link)" : "print(connection.id)"}
`;
}

/** JSON as a Python literal. Strings of JSON are strings of Python; only the three words differ. */
function literal(value: JsonValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, inner]) => `${JSON.stringify(name)}: ${literal(inner)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}
