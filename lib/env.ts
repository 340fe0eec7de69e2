import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { tenantPattern } from "./contract/oauth-app.ts";

/**
 * The one list of configuration. Nothing else reads `process.env`: lint and a test see to it.
 * Every variable is explained in `.env.example`; a bad one stops the boot with its name and its fix.
 */

const whole = (min: number, max?: number) =>
  z.coerce
    .number({ error: "must be a whole number" })
    .int("must be a whole number")
    .min(min, `must be at least ${min}`)
    .max(max ?? Number.MAX_SAFE_INTEGER, `must be at most ${max}`);
const seconds = (fallback: number, min = 1) => whole(min).default(fallback);
const count = (fallback: number, min = 0) => whole(min).default(fallback);
const optional = z
  .string()
  .trim()
  .optional()
  .transform((value) => (value === "" ? undefined : value));
/** `host:port`, exactly; IPv6 in brackets. */
const hostPort = z
  .string()
  .regex(/^(\[[\da-fA-F:.]+\]|[^\s:/@[\]*?#\\%]+):\d{1,5}$/, "must be host:port, e.g. 127.0.0.1:9000")
  .refine((entry) => {
    const port = Number(entry.slice(entry.lastIndexOf(":") + 1));
    return port >= 1 && port <= 65_535;
  }, "must have a port from 1 to 65535");

/** `acme:sm_…,globex:sm_…`. Messages never repeat a key. */
const bootstrapKeys = optional.transform((value, ctx) =>
  (value ?? "").split(",").flatMap((part, index) => {
    const entry = part.trim();
    if (entry === "") return [];
    const match = /^([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?):(sm_[A-Za-z0-9_-]{16,200})$/.exec(entry);
    if (match?.[1] && match[2]) return [{ slug: match[1], key: match[2] }];
    const message = `entry ${index + 1} must be name:sm_… (name of a-z, 0-9, hyphen; at least 16 characters after sm_)`;
    ctx.addIssue({ code: "custom", message });
    return [];
  }),
);

/** `email:password`; the password may contain colons. */
const bootstrapOwner = optional.transform((value, ctx) => {
  if (value === undefined) return undefined;
  const match = /^([^\s:@]+@[^\s:@]+):(.{10,1024})$/s.exec(value);
  if (match?.[1] && match[2]) return { email: match[1].toLowerCase(), password: match[2] };
  ctx.addIssue({ code: "custom", message: "must be email:password, with a password of 10 to 1,024 characters" });
  return undefined;
});

/** A provider's server, in place of its real one. */
const address = optional.refine(
  (value) => value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)),
  "must be an http(s) address",
);

const isPlain = (url: URL): boolean => url.username + url.password + url.search + url.hash === "";

const schema = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  HOST: z.string().trim().min(1).default("127.0.0.1"),
  PORT: whole(1, 65_535).default(3000),
  APP_URL: optional.pipe(
    z
      .url({ protocol: /^https?$/, error: "must be the address people open, e.g. https://tributary.example.com" })
      .refine((value) => !URL.canParse(value) || new URL(value).pathname === "/", "must not have a path")
      .transform((value) => (URL.canParse(value) ? new URL(value).origin : value))
      .optional(),
  ),
  DATABASE_URL: optional.pipe(
    z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// address" }).optional(),
  ),
  DATA_DIR: optional,
  WORKERS: count(1),
  WORKER_CONCURRENCY: count(4, 1),
  SEALING_KEYS: optional.refine(
    (value) => !value || value.split(",").every((entry) => /^\s*[\w-]{1,32}:[A-Za-z0-9+/_-]{43}=?\s*$/.test(entry)),
    "must be id:key,… with keys of 32 bytes in base64",
  ),
  NEXTAUTH_SECRET: optional.refine(
    (value) => !value || value.length >= 32,
    "must have at least 32 characters, e.g. from: openssl rand -base64 32",
  ),
  BOOTSTRAP_API_KEYS: bootstrapKeys,
  BOOTSTRAP_OWNER: bootstrapOwner,
  SEED_API_KEY: optional,
  EGRESS_ALLOW: optional.transform((value, ctx) => {
    const entries = (value ?? "").split(",").flatMap((entry) => (entry.trim() ? [entry.trim().toLowerCase()] : []));
    for (const entry of entries) {
      const parsed = hostPort.safeParse(entry);
      if (!parsed.success) ctx.addIssue({ code: "custom", message: `“${entry}” ${parsed.error.issues[0]?.message}` });
    }
    return entries as readonly string[];
  }),
  GOOGLE_CLIENT_ID: optional,
  GOOGLE_CLIENT_SECRET: optional,
  GOOGLE_AUTHORIZE_URL: address,
  GOOGLE_TOKEN_URL: address,
  GOOGLE_REVOKE_URL: address,
  GOOGLE_API_URL: address,
  MICROSOFT_CLIENT_ID: optional,
  MICROSOFT_CLIENT_SECRET: optional,
  MICROSOFT_TENANT: optional.refine((value) => !value || tenantPattern.test(value), "must be a tenant's id or domain"),
  MICROSOFT_AUTHORIZE_URL: address,
  MICROSOFT_TOKEN_URL: address,
  MICROSOFT_GRAPH_URL: address,
  NOTION_CLIENT_ID: optional,
  NOTION_CLIENT_SECRET: optional,
  NOTION_API_URL: address,
  NOTION_WEBHOOK_SECRET: optional,
  OAUTH_STATE_TTL_S: whole(1, 3_600).default(600),
  OAUTH_CONFIRM: z.enum(["never", "untrusted", "always"]).default("untrusted"),
  WEBHOOKS: z.enum(["auto", "off"]).default("auto"),
  EMBEDDINGS_URL: address.refine(
    (value) => value === undefined || !URL.canParse(value) || isPlain(new URL(value)),
    "must not have a user name, a query or a fragment: the key goes into EMBEDDINGS_API_KEY",
  ),
  EMBEDDINGS_API_KEY: optional.refine(
    (value) => value === undefined || /^[\x21-\x7e]{1,1000}$/.test(value),
    "must be printable ASCII without spaces",
  ),
  EMBEDDINGS_MODEL: optional.refine(
    (value) => value === undefined || value.length <= 200,
    "must not be longer than 200",
  ),
  EMBEDDINGS_DIMENSIONS: whole(8, 8_192).optional(),
  EMBEDDINGS_BATCH: whole(1, 256).default(32),
  EMBEDDINGS_QUERY_PREFIX: z.string().max(500, "must not be longer than 500").default(""),
  EMBEDDINGS_PASSAGE_PREFIX: z.string().max(500, "must not be longer than 500").default(""),
  SYNC_INTERVAL_S: optional.pipe(z.coerce.number<string | undefined>().int().min(1).optional()),
  LEASE_S: seconds(15, 10),
  SLICE_S: seconds(20),
  RETRY_BASE_MS: count(1000, 1),
  TOMBSTONE_DAYS: z.coerce.number({ error: "must be a number" }).min(0, "must be at least 0").default(7),
  UNDO_S: seconds(60, 0),
  RATE_LIMIT_PER_MINUTE: count(1200, 1),
  RATE_LIMIT_BURST: count(300, 1),
  TRUST_PROXY: count(0),
  API_DELETE_RETURNS: z.enum(["object", "array"]).default("object"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** Every variable there is; `.env.example` explains each of them. */
export const variableNames: readonly string[] = Object.keys(schema.shape);

export type Env = Readonly<
  z.infer<typeof schema> & {
    /** Where the embedded database, keys and logs live; absolute. */
    DATA_DIR: string;
    /** The address people open; never derived from a request. */
    APP_URL: string;
  }
>;

/** Runs as root? Then data goes where an unprivileged database process can reach it. */
function defaultDataDir(): string {
  if (process.platform !== "win32" && process.getuid?.() === 0) return "/var/lib/tributary";
  return path.resolve(".data");
}

export class EnvError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Tributary cannot start with this configuration:\n${problems.map((p) => `  - ${p}`).join("\n")}`);
    this.name = "EnvError";
    this.problems = problems;
  }
}

/** Half a configuration would leave out the vectors silently. */
function missingPartners(given: ReadonlySet<string>): readonly string[] {
  const named = [...given].filter((name) => name.startsWith("EMBEDDINGS_") && variableNames.includes(name));
  return named.length === 0
    ? []
    : ["EMBEDDINGS_URL", "EMBEDDINGS_MODEL"]
        .filter((name) => !given.has(name))
        .map((name) => `${name} is missing: ${named.toSorted().join(", ")} cannot do without it`);
}

/** Parses a set of variables; throws one EnvError that lists every bad one. */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): Env {
  // Compose files and shells pass variables that nobody set as empty ones.
  const given = Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== "");
  const parsed = schema.safeParse(Object.fromEntries(given));
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".") || "environment"} ${issue.message}`),
    ...missingPartners(new Set(given.map(([name]) => name))),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new EnvError(problems.map((problem) => `${problem} (see .env.example)`));
  }
  const value = parsed.data;
  return Object.freeze({
    ...value,
    DATA_DIR: path.resolve(/* turbopackIgnore: true */ value.DATA_DIR ?? defaultDataDir()),
    APP_URL: value.APP_URL ?? `http://localhost:${value.PORT}`,
  });
}

let cached: Env | undefined;

/** The configuration of this process, parsed once. A `.env` file beside package.json is read first, if there is one. */
export function env(): Env {
  if (cached) return cached;
  if (existsSync(".env")) process.loadEnvFile(".env");
  cached = parseEnv(process.env);
  return cached;
}

/**
 * For tests: from now on the configuration is exactly these variables (and the defaults), whatever the shell has set.
 * Values given earlier in the same process stay unless named again; undefined removes one.
 */
export function setEnvForTests(values: Readonly<Record<string, string | undefined>>): void {
  testValues = { ...testValues, ...values };
  cached = parseEnv({ NODE_ENV: "test", ...testValues });
}

let testValues: Readonly<Record<string, string | undefined>> = {};

/** The value of a variable that a connector names (lib/connectors/types.ts, Endpoint); undefined = not set. */
export function variable(name: string): string | undefined {
  const values: Readonly<Record<string, unknown>> = env();
  if (!variableNames.includes(name)) throw new Error(`${name} is not in the list of lib/env.ts`);
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** Variables handed to a child process: this process's own plus the given ones; undefined removes one. */
export function childEnv(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return { ...process.env, ...extra };
}

/** Was this process started by `npm start` or `npm run …`? Then npm is its parent. */
export function startedByNpm(): boolean {
  return process.env["npm_lifecycle_event"] !== undefined;
}
