import type { Operation } from "../operation.ts";
import { curlExample } from "./curl.ts";
import type { ExampleCall, PrintedExample } from "./example.ts";
import { pythonExample } from "./python.ts";
import { typescriptExample } from "./typescript.ts";
import { examples } from "./values.ts";

/** The example of an operation against this very server; undefined for what this server does not do, and for older paths. */
export function printedExample(operation: Operation, origin: string): PrintedExample | undefined {
  const example = examples.get(operation.id);
  if (!example) return undefined;
  const { contentType } = operation.reply;
  const call: ExampleCall = {
    origin,
    method: operation.method,
    path: operation.path,
    reply: contentType === null ? "nothing" : contentType === "text/plain" ? "text" : "json",
    example,
  };
  return { curl: curlExample(call), TypeScript: typescriptExample(call), Python: pythonExample(call) };
}
