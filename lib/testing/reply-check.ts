import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { allConnectors } from "#lib/connections/registry.ts";
import { openApiDocument, type OpenApiDocument, type OpenApiOperation } from "#lib/server/openapi/document.ts";

/** Holds every reply against the API's description, so that the description cannot say one thing and the server another. */

export interface SeenReply {
  readonly method: string;
  /** path without query, as it came */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** undefined = not looked at: too large, or a file */
  readonly body: string | undefined;
}

export interface ReplyCheck {
  readonly document: OpenApiDocument;
  /** What is wrong with a reply; undefined when it is as described. */
  problemOf(reply: SeenReply): string | undefined;
}

interface Described {
  readonly segments: readonly string[];
  readonly path: string;
  readonly verbs: Readonly<Record<string, OpenApiOperation>>;
}

/** @returns a check by the description as the registry is now, in which replies have no fields that are not named */
export function replyCheck(): ReplyCheck {
  const document = openApiDocument({ appUrl: "http://localhost:3000", connectors: allConnectors(), closed: true });
  const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
  // Its types say a module, Node gives the function.
  (addFormats as unknown as (to: Ajv2020) => void)(ajv);
  ajv.addSchema(document, "api");
  const paths = Object.entries(document.paths)
    .map(([path, verbs]): Described => ({ path, verbs, segments: path.split("/").slice(1) }))
    // Literal names win over parameters.
    .toSorted((a, b) => weight(a).localeCompare(weight(b)));
  const validators = new Map<string, ValidateFunction>();
  const validator = (pointer: string): ValidateFunction => {
    let known = validators.get(pointer);
    if (!known) validators.set(pointer, (known = ajv.compile({ $ref: `api#${pointer}` })));
    return known;
  };

  const problemOf = (reply: SeenReply): string | undefined => {
    const segments = reply.path.split("/").slice(1);
    const found = paths.find((path) => matches(path.segments, segments));
    const verb = reply.method.toLowerCase();
    const operation = found?.verbs[verb];
    const json = isJson(reply);
    if (!found || !operation) {
      const expected = found ? 405 : 404;
      if (reply.status !== expected) return `is ${reply.status} for what is not in the description`;
      if (expected === 405 && !reply.headers.get("allow")) return "is 405 without Allow";
      return json ? invalid(validator("/components/schemas/ErrorResponse"), reply) : "is not JSON";
    }
    const response = operation.responses[String(reply.status)];
    if (!response) return `is ${reply.status}, which is not described for ${operation.operationId}`;
    const missing = missingHeader(reply, operation);
    if (missing) return `has no ${missing}`;
    const [type] = Object.keys(response.content ?? {});
    if (type === undefined) return reply.body ? "has a body, but none is described" : undefined;
    const given = reply.headers.get("content-type")?.split(";")[0];
    if (type === "*/*" && reply.status === 200) return undefined;
    // A text may be none at all, and that has no type.
    if (type === "text/plain" && given === undefined && reply.body === "") return undefined;
    if (given !== type) return `is ${given}, but ${type} is described`;
    if (!json) return undefined;
    return invalid(
      validator(`/paths/${escaped(found.path)}/${verb}/responses/${reply.status}/content/${escaped(type)}/schema`),
      reply,
    );
  };
  return { document, problemOf };
}

function invalid(validate: ValidateFunction, { body }: SeenReply): string | undefined {
  if (body === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "is not valid JSON";
  }
  if (validate(value)) return undefined;
  const errors = (validate.errors ?? []).slice(0, 5);
  const words = errors.map((e) => `${e.instancePath || "body"} ${e.message} ${JSON.stringify(e.params)}`);
  return `is not as described: ${words.join("; ")}`;
}

/** Headers that every reply of a kind must have, beyond what a schema can say. */
function missingHeader({ status, headers }: SeenReply, operation: OpenApiOperation): string | undefined {
  const wanted = [
    ...(operation.security ? [] : ["x-request-id"]),
    ...(status === 429 || status === 503 ? ["retry-after"] : []),
    ...(status === 401 && !operation.security && !namesSource(operation) ? ["www-authenticate"] : []),
    ...(status === 501 ? ["x-should-retry"] : []),
  ];
  // A browser that looks ahead is told nothing more.
  if (operation.tags.includes("Callbacks") && status === 503) return undefined;
  return wanted.find((name) => !headers.has(name));
}

/** 401 there also says that the source refused its credentials. */
function namesSource({ operationId }: OpenApiOperation): boolean {
  return operationId === "createConnection" || operationId === "updateConnection";
}

function isJson({ headers }: SeenReply): boolean {
  return headers.get("content-type") === "application/json";
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.length === segments.length && pattern.every((part, i) => part.startsWith("{") || part === segments[i]);
}

function weight({ segments }: Described): string {
  return segments.map((segment) => (segment.startsWith("{") ? "1" : "0")).join("");
}

function escaped(part: string): string {
  return part
    .replaceAll("~", "~0")
    .replaceAll("/", "~1")
    .replaceAll("%", "%25")
    .replaceAll("{", "%7B")
    .replaceAll("}", "%7D");
}
