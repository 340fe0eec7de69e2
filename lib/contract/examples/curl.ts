import { addressOf, isFromEnvironment, keyVariable, type ExampleCall, type ExampleValue } from "./example.ts";

/** As a command for any POSIX shell. */
export function curlExample(call: ExampleCall): string {
  const { method, origin, example } = call;
  const address = addressOf(call)
    .map((piece) => (typeof piece === "string" ? quotable(piece) : `$${piece.variable}`))
    .join("");
  const lines = [
    `curl --fail-with-body${method === "GET" || method === "POST" ? "" : ` -X ${method}`} "${quotable(origin)}${address}"`,
    `  -H "Authorization: Bearer $${keyVariable}"`,
  ];
  if (example.file !== undefined) {
    lines.push(
      `  -F "file=@${example.file}"`,
      ...Object.entries(example.body ?? {}).map(([name, value]) => field(name, value)),
    );
    return join(lines);
  }
  if (!example.body) return join(method === "POST" ? [...lines, "  -X POST"] : lines);
  lines.push(`  -H "Content-Type: application/json"`);
  const filled = mentionsEnvironment(example.body);
  const json = printed(example.body, "", filled ? inHereDocument : (text) => text);
  // A here-document fills variables in; without any, quotes keep the shell away from the whole.
  if (!filled) return join([...lines, `  -d '${json.replaceAll("'", `'\\''`)}'`]);
  return `${join([...lines, "  --data-binary @- <<JSON"])}\n${json}\nJSON`;
}

const join = (lines: readonly string[]): string => lines.join(" \\\n");

const quotable = (text: string): string => text.replaceAll(/[\\$`"]/g, "\\$&");

function field(name: string, value: ExampleValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `  -F '${name}=${text.replaceAll("'", `'\\''`)}'`;
}

function mentionsEnvironment(value: ExampleValue): boolean {
  if (isFromEnvironment(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(mentionsEnvironment);
}

/** There the shell still reads these. */
const inHereDocument = (text: string): string => text.replaceAll(/[\\$`]/g, "\\$&");

function printed(value: ExampleValue, indent: string, escape: (text: string) => string): string {
  if (isFromEnvironment(value)) return `"$${value.variable}"`;
  if (typeof value !== "object" || value === null || short(value)) return escape(JSON.stringify(value));
  const within = `${indent}  `;
  if (Array.isArray(value))
    return `[\n${value.map((item: ExampleValue) => within + printed(item, within, escape)).join(",\n")}\n${indent}]`;
  const entries = Object.entries(value).map(
    ([name, item]) => `${within}${escape(JSON.stringify(name))}: ${printed(item, within, escape)}`,
  );
  return `{\n${entries.join(",\n")}\n${indent}}`;
}

/** Lists of plain values fit on a line. */
function short(value: object): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);
}
