import { randomBytes } from "node:crypto";

/**
 * Requests as the Python client 3.x sends them: its headers, `{}` where nothing is named, parameters in camel case,
 * lists in a query with commas, and forms as its HTTP library writes them. Not the client: what goes over the wire.
 */

const version = "3.62.0";

const usual = {
  accept: "application/json",
  "accept-encoding": "gzip, deflate",
  "user-agent": `Supermemory/Python ${version}`,
  "x-stainless-lang": "python",
  "x-stainless-package-version": version,
  "x-stainless-os": "Linux",
  "x-stainless-arch": "x64",
  "x-stainless-runtime": "CPython",
  "x-stainless-runtime-version": "3.13.2",
  "x-stainless-async": "false",
  "x-stainless-retry-count": "0",
  "x-stainless-read-timeout": "60",
} as const;

export interface PythonFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** guessed by the client from the name; null = it could not */
  readonly type: string | null;
}

export interface PythonRequest {
  /** keyword arguments of the body, as Python names them; left out = the operation has no body */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** a form with this file instead of JSON */
  readonly file?: PythonFile;
  /** `text/plain` for imports, any for deletions that answer nothing */
  readonly accept?: string;
  /** the client's own repetitions */
  readonly retry?: number;
}

/** @param path with its parameters percent-encoded */
export function pythonClient(url: () => string, key: () => string) {
  return async (method: string, path: string, request: PythonRequest = {}): Promise<Response> => {
    const { query = {}, body, file, accept, retry = 0 } = request;
    const headers: Record<string, string> = {
      ...usual,
      authorization: `Bearer ${key()}`,
      "x-stainless-retry-count": String(retry),
      ...(accept === undefined ? {} : { accept }),
    };
    const target = `${url()}${path}${queryOf(query)}`;
    if (file) {
      const form = formOf(camelCased(body ?? {}), file);
      return fetch(target, { method, headers: { ...headers, "content-type": form.type }, body: form.bytes });
    }
    // Sent with every method but GET, whether there is a body or not.
    if (method !== "GET") headers["content-type"] = "application/json";
    return fetch(target, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(camelCased(body)) }),
    });
  };
}

/** Names that camel case does not give. */
const others: Readonly<Record<string, string>> = { should_llm_filter: "shouldLLMFilter" };

/** `container_tag` → `containerTag`; metadata keeps the caller's own names. */
function camelCased(value: unknown, within = ""): unknown {
  if (within === "metadata") return value;
  if (Array.isArray(value)) return value.map((each) => camelCased(each, within));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const camel = others[name] ?? camelOf(name);
      return [camel, camelCased(each, camel)];
    }),
  );
}

const camelOf = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function queryOf(query: NonNullable<PythonRequest["query"]>): string {
  const parts = Object.entries(query).map(([name, value]) => {
    return `${camelOf(name)}=${encodeURIComponent(Array.isArray(value) ? value.join(",") : String(value))}`;
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** Fields first, without types of their own; then the file. Quotation marks and control characters as HTML forms write them. */
function formOf(fields: unknown, file: PythonFile): { readonly type: string; readonly bytes: Buffer<ArrayBuffer> } {
  const boundary = randomBytes(16).toString("hex");
  const quoted = (text: string) =>
    text.replaceAll(/["\u0000-\u001f]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
  const head = Object.entries(fields as Record<string, unknown>).flatMap(([name, value]) =>
    (Array.isArray(value) ? value.map((each) => [`${name}[]`, each] as const) : [[name, value] as const]).map(
      ([part, each]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(part)}"\r\n\r\n${String(each)}\r\n`,
    ),
  );
  const about = [
    `Content-Disposition: form-data; name="file"; filename="${quoted(file.name)}"`,
    ...(file.type === null ? [] : [`Content-Type: ${file.type}`]),
  ];
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([
      Buffer.from(`${head.join("")}--${boundary}\r\n${about.join("\r\n")}\r\n\r\n`),
      file.bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
