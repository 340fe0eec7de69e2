import { isFromEnvironment, type Example, type ExampleValue } from "#lib/contract/examples/example.ts";
import { printedExample } from "#lib/contract/examples/print.ts";
import { examples } from "#lib/contract/examples/values.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { operations } from "#lib/contract/operations.ts";
import type { OlderPath, ReferenceOperation, ReferenceView, Trial } from "#lib/contract/reference-view.ts";
import { env } from "#lib/env.ts";
import { errorsOf } from "./openapi/errors.ts";
import { documentedPath, type OpenApiDocument, type OpenApiOperation } from "./openapi/document.ts";
import { fieldsOf, limitsOf, typeOf } from "./openapi/fields.ts";
import { thisApi } from "./openapi.ts";

let cached: ReferenceView | undefined;

/** The whole reference of this server, from the same description that it serves. Made once. */
export function readReference(): ReferenceView {
  return (cached ??= referenceOf(thisApi(), env().APP_URL));
}

export function referenceOf(document: OpenApiDocument, origin: string): ReferenceView {
  const current = operations.filter((operation) => !operation.deprecated);
  const groups = document.tags
    .map(({ name, description }) => ({
      tag: name,
      description,
      operations: current
        .filter((operation) => operation.tag === name)
        .map((operation) => viewOf(operation, document, origin)),
    }))
    .filter((group) => group.operations.length > 0);
  return { origin, groups, older: operations.filter((operation) => operation.deprecated).map(olderPath) };
}

function viewOf(operation: Operation, document: OpenApiDocument, origin: string): ReferenceOperation {
  const { schemas } = document.components;
  const described = describedAs(operation, document);
  const { status, description, contentType } = operation.reply;
  const reply = described.responses[String(status)]?.content?.[contentType ?? ""]?.schema;
  const [body] = Object.entries((operation.body && described.requestBody?.content) ?? {});
  const names = [...Object.keys(operation.params.shape), ...Object.keys(operation.query.shape)];
  const parameters = described.parameters.filter(
    ({ name, in: place }) => place !== "header" && (names.includes(name) || name === "idOrProvider"),
  );
  return {
    id: operation.id,
    method: operation.method,
    path: operation.path,
    summary: operation.summary,
    description: operation.description ?? "",
    scope: operation.access,
    contained: operation.contained ?? false,
    extension: operation.extension ?? false,
    idempotent: operation.effect,
    absent: status === 501,
    parameters: parameters.map(({ name, in: place, required, description: words, schema }) => ({
      name: name === "idOrProvider" ? (names[0] ?? name) : name,
      depth: 0,
      type: typeOf(schema, schemas),
      required,
      description: name === "idOrProvider" ? ownWords(operation, names[0] ?? name) : words,
      limits: [...(place === "query" ? ["in the query"] : []), ...limitsOf(schema)],
    })),
    body: body ? { type: body[0], fields: fieldsOf(body[1].schema, schemas) } : null,
    reply: {
      status,
      description,
      type: reply ? (contentType === "text/plain" ? "text" : typeOf(reply, schemas)) : "",
      fields: reply ? fieldsOf(reply, schemas) : [],
    },
    errors: errorsOf(operation).map(([code, meaning]) => ({ status: code, meaning })),
    example: printedExample(operation, origin) ?? null,
    trial: status === 501 ? null : trialOf(operation),
  };
}

function describedAs(operation: Operation, document: OpenApiDocument): OpenApiOperation {
  const found = document.paths[documentedPath(operation.path)]?.[operation.method.toLowerCase()];
  if (!found) throw new Error(`${operation.id} is not described`);
  return found;
}

/** Where two operations share a place in the path, each has its own words for it. */
function ownWords(operation: Operation, name: string): string {
  const schema: unknown = operation.params.shape[name];
  const { description } = schema as { readonly description?: string };
  return description ?? "";
}

function trialOf(operation: Operation): Trial {
  const example: Example = examples.get(operation.id) ?? {};
  const at = (name: string): string => {
    const value: unknown = example.params?.[name] ?? example.query?.[name] ?? "";
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  return {
    method: operation.method,
    path: operation.path,
    parameters: [
      ...Object.keys(operation.params.shape).map((name) => ({
        name,
        in: "path" as const,
        required: true,
        example: at(name),
      })),
      ...Object.keys(operation.query.shape).map((name) => ({
        name,
        in: "query" as const,
        required: false,
        example: at(name),
      })),
    ],
    body: operation.body ? JSON.stringify(withoutVariables(example.body ?? {}), null, 2) : null,
    file: operation.upload ?? false,
    effect: operation.effect || operation.access !== "read",
  };
}

/** What the reader has to fill in is empty. */
function withoutVariables(value: ExampleValue): unknown {
  if (isFromEnvironment(value)) return "";
  if (Array.isArray(value)) return value.map((item: ExampleValue) => withoutVariables(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutVariables(item)]));
}

function olderPath({ method, path, summary, reply }: Operation): OlderPath {
  const instead = operations.find((each) => !each.deprecated && each.reply === reply);
  return { method, path, summary, instead: instead?.id ?? null };
}
