import type { Connector } from "#lib/connectors/types.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { operations } from "#lib/contract/operations.ts";
import { wireError } from "#lib/contract/wire.ts";
import { handWritten } from "./components.ts";
import { errorsOf } from "./errors.ts";
import { SchemaWriter, type JsonSchema } from "./json-schema.ts";
import { otherPaths } from "./other-paths.ts";
import { oauthSettings } from "./oauth-settings.ts";
import { metadataSchema } from "./provider-settings.ts";

/** The API's description (OpenAPI 3.1), made from the very schemas that check requests and replies. */

export interface OpenApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface OpenApiContent {
  readonly [mediaType: string]: { readonly schema: JsonSchema };
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content?: OpenApiContent;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly deprecated?: boolean;
  /** [] = no key is needed */
  readonly security?: readonly [];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
  /** what the key needs */
  readonly "x-scope"?: string;
  /** ours, not part of the protocol the official clients speak */
  readonly "x-extension"?: boolean;
}

export type OpenApiPath = Readonly<Record<string, OpenApiOperation>>;

export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, OpenApiPath>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

export interface DocumentOptions {
  readonly appUrl: string;
  /** whose settings `metadata` takes */
  readonly connectors: readonly Connector[];
  /** true = replies have no fields but those named: for tests */
  readonly closed?: boolean;
}

const tags = [
  { name: "Connections", description: "Sources: connect, watch, sync, change, remove." },
  { name: "Documents", description: "Add, read, change and delete documents, whether from a source or your own." },
  { name: "Search", description: "Find documents and the passages in them." },
  { name: "Settings", description: "Of the organization that the key belongs to." },
  { name: "Keys", description: "Keys for single containers, made by programs." },
  { name: "Memories", description: "Known to the protocol; this server extracts no memories and says so." },
  { name: "Callbacks", description: "What browsers and providers call, without a key." },
  { name: "About", description: "This description." },
] as const;

const headers = {
  RequestId: {
    description: "Names this request in our log; quote it when you ask for help.",
    schema: { type: "string" },
  },
  RetryAfter: { description: "Seconds to wait before the next try.", schema: { type: "integer", minimum: 1 } },
  Replayed: {
    description: "`true`: this is the stored reply to an earlier request with the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
  },
  ShouldRetry: {
    description: "`false`: trying again changes nothing. The official clients obey it.",
    schema: { type: "string", enum: ["false"] },
  },
  Authenticate: { description: "How to sign in: with a bearer key.", schema: { type: "string" } },
} as const;

const header = (name: keyof typeof headers) => ({ $ref: `#/components/headers/${name}` });

export function openApiDocument({ appUrl, connectors, closed = false }: DocumentOptions): OpenApiDocument {
  const writer = new SchemaWriter(closed);
  for (const [name, schema] of Object.entries(handWritten)) writer.components.set(name, schema);
  writer.reply(wireError);
  const paths = new Map<string, Record<string, OpenApiOperation>>();
  for (const operation of operations) {
    const described = describe(operation, writer, connectors);
    const path = documentedPath(operation.path);
    const verbs = paths.get(path) ?? {};
    const verb = operation.method.toLowerCase();
    const before = verbs[verb];
    verbs[verb] = before ? merged(before, described) : described;
    paths.set(path, verbs);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Tributary",
      version: "3",
      summary: "Connections, documents and search",
      description:
        "Everything under `/v3` and `/v4` takes a key as `Authorization: Bearer <key>` and speaks JSON. What goes wrong is " +
        "answered as `{ error, details? }`. The official `supermemory` clients speak this API when their base URL is this " +
        "server. Fields that are not known are ignored in requests; expect new ones in replies.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: appUrl }],
    security: [{ key: [] }],
    tags,
    paths: { ...Object.fromEntries(paths), ...otherPaths },
    components: {
      schemas: Object.fromEntries([...writer.components].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      headers,
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description:
            "An API key: made in the console under API keys, or by `POST /v3/auth/scoped-key`. Its scopes (`read`, `write`, " +
            "`connections`) say what it may do.",
        },
      },
    },
  };
}

/**
 * A provider's name and a connection's id stand in the same place, and a document must not have two paths that differ in
 * the names of parameters only.
 */
export function documentedPath(path: string): string {
  return path.replace(/^\/v3\/connections\/\{(?:provider|connectionId)\}$/, "/v3/connections/{idOrProvider}");
}

function describe(operation: Operation, writer: SchemaWriter, connectors: readonly Connector[]): OpenApiOperation {
  const { id, tag, summary, description, deprecated, extension, access, effect } = operation;
  const shared = documentedPath(operation.path) !== operation.path;
  const parameters = [
    ...parametersOf(writer.request(operation.params), "path").map((parameter) =>
      shared ? { ...parameter, name: "idOrProvider" } : parameter,
    ),
    ...parametersOf(writer.request(operation.query), "query"),
    ...(effect ? [idempotencyKey] : []),
  ];
  const body = operation.body && bodyOf(operation, writer.request(operation.body), connectors, writer);
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(deprecated && { deprecated }),
    parameters,
    ...(body && { requestBody: body }),
    responses: responsesOf(operation, writer, connectors),
    "x-scope": access,
    ...(extension && { "x-extension": true }),
  };
}

const idempotencyKey: OpenApiParameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "1 to 255 printable ASCII characters of your choice. The same request with the same key has its effect once within " +
    "24 hours: a repetition gets the stored reply.",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x20-\\x7e]+$" },
};

function parametersOf(schema: JsonSchema, place: "path" | "query"): OpenApiParameter[] {
  return Object.entries(schema.properties ?? {}).map(([name, { description = "", ...property }]) => ({
    name,
    in: place,
    required: schema.required?.includes(name) ?? false,
    description,
    schema: property,
  }));
}

function bodyOf(
  operation: Operation,
  schema: JsonSchema,
  connectors: readonly Connector[],
  writer: SchemaWriter,
): NonNullable<OpenApiOperation["requestBody"]> {
  if (operation.upload) {
    const file: JsonSchema = { description: "The file itself.", contentMediaType: "application/octet-stream" };
    const form = {
      ...schema,
      properties: { file, ...schema.properties },
      required: ["file", ...(schema.required ?? [])],
    };
    return { required: true, content: { "multipart/form-data": { schema: form } } };
  }
  const whole = {
    ...schema,
    properties: { ...schema.properties, ...fieldsOfProviders(operation, connectors, writer) },
  };
  return {
    required: (schema.required?.length ?? 0) > 0,
    content: { "application/json": { schema: whole } },
  };
}

/** What a body takes that is the connectors' matter. */
function fieldsOfProviders(
  operation: Operation,
  connectors: readonly Connector[],
  writer: SchemaWriter,
): Readonly<Record<string, JsonSchema>> {
  if (operation.id === "createConnection") return { metadata: metadataSchema(connectors, writer) };
  if (operation.id === "updateSettings") return oauthSettings(connectors, "request");
  return {};
}

function responsesOf(
  operation: Operation,
  writer: SchemaWriter,
  connectors: readonly Connector[],
): OpenApiOperation["responses"] {
  const { status, description, contentType, schema } = operation.reply;
  const written = writer.reply(schema);
  const body =
    operation.id === "getSettings"
      ? { ...written, properties: { ...written.properties, ...oauthSettings(connectors, "reply") } }
      : written;
  const good: OpenApiResponse = {
    description,
    headers: {
      "X-Request-Id": header("RequestId"),
      ...(operation.effect && { "Idempotent-Replayed": header("Replayed") }),
      ...(status === 501 && { "X-Should-Retry": header("ShouldRetry") }),
    },
    ...(contentType && {
      content: {
        [contentType]: { schema: body },
      },
    }),
  };
  const errors = errorsOf(operation).map(([code, meaning]): [string, OpenApiResponse] => [
    String(code),
    {
      description: meaning,
      headers: {
        "X-Request-Id": header("RequestId"),
        ...((code === 429 || code === 503) && { "Retry-After": header("RetryAfter") }),
        ...(code === 401 && { "WWW-Authenticate": header("Authenticate") }),
        ...(code === 501 && { "X-Should-Retry": header("ShouldRetry") }),
      },
      content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } },
    },
  ]);
  return Object.fromEntries([[String(status), good], ...errors]);
}

/** Two operations that differ in what stands in the path: one description for both. */
function merged(one: OpenApiOperation, other: OpenApiOperation): OpenApiOperation {
  const parameters = [...one.parameters];
  for (const parameter of other.parameters) {
    const at = parameters.findIndex(({ name, in: place }) => name === parameter.name && place === parameter.in);
    const known = parameters[at];
    if (!known) parameters.push(parameter);
    else if (known.description !== parameter.description)
      parameters[at] = {
        ...known,
        description: `${known.description} Or: ${parameter.description}`,
        schema: { type: "string" },
      };
  }
  const body = one.requestBody ?? other.requestBody;
  return {
    ...one,
    summary: `${one.summary}, or: ${other.summary.charAt(0).toLowerCase()}${other.summary.slice(1)}`,
    description: [
      `With a connection's id: ${one.description ?? one.summary}`,
      `With a provider's name: ${other.description ?? other.summary}`,
    ].join("\n\n"),
    parameters,
    ...(body && { requestBody: { ...body, required: false } }),
    responses: { ...other.responses, ...one.responses },
  };
}
