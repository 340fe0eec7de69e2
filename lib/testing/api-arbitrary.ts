import * as fc from "fast-check";
import type { OpenApiDocument, OpenApiOperation, OpenApiParameter } from "#lib/server/openapi/document.ts";
import { componentOf, type JsonSchema } from "#lib/server/openapi/json-schema.ts";

/** Requests made from the API's description: right, nearly right, and hostile. */

export interface ArbitraryRequest {
  readonly method: string;
  /** path and query, encoded */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

/** What no field expects; some of it has broken other servers. */
const oddities: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "x".repeat(5_000),
  "é".normalize("NFD"),
  "\u202eevil",
  "__proto__",
  "constructor",
  "toString",
  "'; drop table documents; --",
  "%00",
  "%",
  "\\",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  "http://127.0.0.1:1/",
  "true",
  "NaN",
  "1e400",
  "-1",
  "(a+)+$",
  "2026-13-45T99:99:99Z",
  "0000-01-01T00:00:00Z",
  [],
  {},
  [[[[]]]],
  { a: { b: { c: {} } } },
  ["x", "\0"],
  Array.from({ length: 300 }, (_, i) => `tag${i}`),
  Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`k${i}`, i])),
];

/** Bodies that are no JSON object, or one that no serializer writes. */
const oddBodies: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  "null",
  "[]",
  '"text"',
  "{",
  '{"a":}',
  "[".repeat(10_000),
  `${'{"a":'.repeat(40)}1${"}".repeat(40)}`,
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"q":"a","q":"b"}',
  '{"limit":1e400}',
  '{"content":"\\u0000"}',
  '{"content":"\\ud800"}',
  Uint8Array.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Uint8Array.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nunfinished',
];

const oddSegments = [
  "%00",
  "%E0%A4%A",
  "%ED%A0%80",
  "%2e%2e",
  "..%2F..%2Fetc",
  "__proto__",
  "toString",
  "1e2",
  "%20",
  "%F0%9F%92%A9",
  "x".repeat(1_200),
  "'--",
  "%25",
];

const oddTypes = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "application/json; charset=utf-16",
  "*",
];
const verbs = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const oddity = fc.constantFrom(...oddities);

export interface ArbitraryOptions {
  readonly document: OpenApiDocument;
  readonly path: string;
  readonly verb: string;
  readonly operation: OpenApiOperation;
  /** ids that are somebody's, by what they are called in paths: to be put there, and into fields */
  readonly ids: Ids;
}

export type Ids = Readonly<Record<"connectionId" | "documentId" | "keyId", readonly string[]>>;

export function requestArbitrary(options: ArbitraryOptions): fc.Arbitrary<ArbitraryRequest> {
  const { path, verb, operation } = options;
  const every = Object.values(options.ids).flat();
  const from = new FromSchema(options.document, every);
  const kinds = new Map<string, readonly string[]>([
    ...Object.entries(options.ids),
    ["idOrProvider", options.ids.connectionId],
  ]);
  const method = fc.oneof({ weight: 12, arbitrary: fc.constant(verb.toUpperCase()) }, fc.constantFrom(...verbs));
  const segment = (parameter: OpenApiParameter) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...(kinds.get(parameter.name) ?? ["s3"])) },
      { weight: 1, arbitrary: fc.constantFrom(...every) },
      { weight: 2, arbitrary: fc.constantFrom("s3", "s3", "notion", "list", "bulk", "file") },
      { weight: 1, arbitrary: from.valid(parameter.schema).map((value) => encoded(value)) },
      { weight: 2, arbitrary: fc.constantFrom(...oddSegments) },
    );
  const params = fc.tuple(
    ...operation.parameters
      .filter((parameter) => parameter.in === "path")
      .map((parameter) => segment(parameter).map((value) => [parameter.name, value] as const)),
  );
  const query = fc.tuple(
    ...operation.parameters
      .filter((parameter) => parameter.in === "query")
      .map((parameter) =>
        fc
          .option(fc.oneof(from.valid(parameter.schema), oddity), { nil: undefined })
          .map((value) => [parameter.name, value] as const),
      ),
  );
  return fc
    .record({ method, params, query, content: contentArbitrary(operation, from), headers: headersArbitrary() })
    .map(({ method: asked, params: filled, query: asking, content, headers }) => {
      const place = path.replaceAll(
        /\{(\w+)\}/g,
        (_braces, name) => filled.find(([each]) => each === name)?.[1] ?? "x",
      );
      const search = asking
        .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encoded(value)}`]))
        .join("&");
      const bare = asked === "GET" || asked === "HEAD";
      return {
        method: asked,
        target: search ? `${place}?${search}` : place,
        headers: { ...(content.type && !bare ? { "content-type": content.type } : {}), ...headers },
        body: bare ? undefined : content.body,
      };
    });
}

interface Content {
  readonly type: string | undefined;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

function contentArbitrary(operation: OpenApiOperation, from: FromSchema): fc.Arbitrary<Content> {
  const [type, { schema } = { schema: {} }] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [undefined];
  const odd = fc.record({
    type: fc.constantFrom("application/json", ...oddTypes, undefined),
    body: fc.oneof(fc.constantFrom(...oddBodies), fc.json({ maxDepth: 6 })),
  });
  if (type === undefined) return fc.oneof(fc.constant({ type: undefined, body: undefined }), odd);
  const value = fc.oneof(
    { weight: 3, arbitrary: from.valid(schema) },
    { weight: 3, arbitrary: fc.tuple(from.valid(schema), fc.nat(), oddity).map(spoiled) },
  );
  const written =
    type === "multipart/form-data" ? value.map(form) : value.map((body) => ({ type, body: JSON.stringify(body) }));
  return fc.oneof({ weight: 5, arbitrary: written }, { weight: 2, arbitrary: odd });
}

function headersArbitrary(): fc.Arbitrary<Readonly<Record<string, string>>> {
  const odd = fc.constantFrom<Record<string, string>>(
    { "idempotency-key": "one" },
    { "idempotency-key": "x".repeat(256) },
    { "idempotency-key": "é" },
    { "x-stainless-retry-count": "1" },
    { "x-stainless-retry-count": "-1e9" },
    { accept: "text/html" },
    { "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher" },
    { cookie: "tributary.session=nonsense" },
    { "x-middleware-subrequest": "middleware", "next-action": "0" },
    { range: "bytes=0-0" },
  );
  return fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: odd });
}

/** Values from schemas, small enough to be sent by the hundred. */
class FromSchema {
  readonly #document: OpenApiDocument;
  readonly #ids: readonly string[];

  constructor(document: OpenApiDocument, ids: readonly string[]) {
    this.#document = document;
    this.#ids = ids;
  }

  valid(given: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
    const name = componentOf(given);
    const schema = name === undefined ? given : (this.#document.components.schemas[name] ?? {});
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.properties || schema.type === "object") return this.#object(schema, depth);
    const options = schema.anyOf ?? schema.oneOf;
    // Lists of conditions have such lists in them: deep down only the plain ones.
    if (options)
      return fc.oneof(...options.slice(0, depth > 4 ? 1 : undefined).map((option) => this.valid(option, depth)));
    if (schema.items) return this.#list(schema, depth);
    if (Array.isArray(schema.type))
      return fc.oneof(...schema.type.map((type) => this.valid({ ...schema, type }, depth)));
    switch (schema.type) {
      case "string":
        return this.#text(schema);
      case "integer":
        return fc.integer({ min: schema.minimum ?? -5, max: schema.maximum ?? 1_000 });
      case "number":
        return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1, noNaN: true });
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      default:
        return oddity;
    }
  }

  #object({ properties = {}, required = [], additionalProperties, oneOf }: JsonSchema, depth: number) {
    // One of several ways to be complete: the first things each of them needs.
    const needed = oneOf?.flatMap((way) => way.required ?? []).slice(0, 1) ?? [];
    const entries = Object.entries(properties).filter(
      ([name]) => depth < 4 || required.includes(name) || needed.includes(name),
    );
    const values = Object.fromEntries(
      entries
        .filter(([name]) => !oneOf || needed.includes(name))
        .map(([name, schema]) => [name, this.valid(schema, depth + 1)]),
    );
    const requiredKeys = [...required, ...needed];
    const little = Object.fromEntries(
      Object.entries(values).filter(([name], i) => requiredKeys.includes(name) || i < 2),
    );
    // With every field drawn at random one of them is almost always wrong: often there is to be little beside the needed.
    const own = fc.oneof(
      fc.record(values, { requiredKeys: requiredKeys as never[] }),
      fc.record(little, { requiredKeys: requiredKeys as never[] }),
    );
    if (typeof additionalProperties !== "object") return own;
    const more = fc.dictionary(fc.string({ maxLength: 12 }), this.valid(additionalProperties, depth + 1), {
      maxKeys: 3,
    });
    return fc.tuple(own, more).map(([one, other]) => ({ ...other, ...one }));
  }

  #list({ items = {}, minItems = 0, maxItems = 4 }: JsonSchema, depth: number) {
    const least = Math.min(minItems, 4);
    return fc.array(this.valid(items, depth + 1), {
      minLength: least,
      maxLength: Math.max(least, Math.min(maxItems, 4)),
    });
  }

  #text({ format, pattern, minLength = 0, maxLength = 60 }: JsonSchema): fc.Arbitrary<string> {
    if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    if (pattern !== undefined) {
      try {
        return fc.stringMatching(new RegExp(pattern), { maxLength: Math.min(maxLength, 100) });
      } catch {
        // Its generator knows less than expressions can say.
      }
    }
    return fc.oneof(
      {
        weight: 3,
        arbitrary: fc.string({
          unit: "grapheme",
          minLength: Math.min(minLength, 60),
          maxLength: Math.min(maxLength, 60),
        }),
      },
      { weight: 1, arbitrary: fc.constantFrom(...this.#ids) },
    );
  }
}

/** One thing somewhere in it replaced by what does not belong there. */
function spoiled([value, at, odd]: readonly [unknown, number, unknown]): unknown {
  if (typeof value !== "object" || value === null) return odd;
  const copy: unknown = structuredClone(value);
  const spoil = (node: object, left: number): void => {
    const keys = Object.keys(node);
    const key = keys[left % Math.max(1, keys.length)] ?? "extra";
    const inner: unknown = Reflect.get(node, key);
    if (typeof inner === "object" && inner !== null && left % 3 !== 0) spoil(inner, Math.floor(left / 7));
    else if (left % 5 === 0) Reflect.deleteProperty(node, key);
    else Reflect.set(node, key, odd);
  };
  spoil(copy as object, at);
  return copy;
}

function form(value: unknown): Content {
  const boundary = "arbitrary-boundary";
  const fields = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const parts = fields.map(([name, field]) => {
    const text = typeof field === "string" ? field.toWellFormed() : (JSON.stringify(field) ?? "");
    const disposition = `form-data; name="${encodeURIComponent(name.toWellFormed())}"${name === "file" ? '; filename="a.md"' : ""}`;
    return `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n${text}\r\n`;
  });
  return { type: `multipart/form-data; boundary=${boundary}`, body: `${parts.join("")}--${boundary}--\r\n` };
}

function encoded(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return encodeURIComponent(text.toWellFormed().slice(0, 2_000));
}
