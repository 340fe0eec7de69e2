import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import Supermemory from "supermemory";
import { useConnectors } from "#lib/connections/registry.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { forgetFailures } from "#lib/server/bearer.ts";
import { forgetRefusals } from "#lib/server/rate-limit.ts";
import { startApiServer, type ApiServer } from "./api-server.ts";
import { testDatabase } from "./database.ts";
import { testOrganization, type TestOrganization } from "./organization.ts";
import { stubConnector, type StubSource } from "./stub-connector.ts";

const sealingKeysForTests = `test:${Buffer.alloc(32, 7).toString("base64url")}`;

export const stubSettings = {
  accessKeyId: "AKIAEXAMPLE000000001",
  secretAccessKey: "canary-secret-canary-secret-canary-0001",
  bucket: "docs",
  region: "eu-central-1",
} as const;

export interface Api {
  readonly url: string;
  readonly source: StubSource;
  readonly acme: TestOrganization;
  readonly globex: TestOrganization;
  /** the official client with Acme's key, without repetitions of its own */
  readonly client: Supermemory;
  /** a raw request with Acme's key; `body` is sent as JSON unless it is text or bytes */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** creates a connection and answers its id */
  connect(body?: Record<string, unknown>, organization?: TestOrganization): Promise<string>;
}

export interface ApiOptions {
  /** true = the built-in connectors instead of the stub source */
  readonly realConnectors?: boolean;
}

/** The API over HTTP with a stub source and two organizations, for one test file. Call it at the top of the file. */
export function testApi(values: Readonly<Record<string, string>> = {}, options: ApiOptions = {}): Api {
  let server: ApiServer | undefined;
  let parts: { url: string; source: StubSource; acme: TestOrganization; globex: TestOrganization } | undefined;
  const ready = () => {
    if (!parts) throw new Error("not before the tests begin");
    return parts;
  };
  beforeAll(async () => {
    await testDatabase({ SEALING_KEYS: sealingKeysForTests, RATE_LIMIT_BURST: "100000", ...values });
    const { connector, source } = stubConnector();
    const restore = options.realConnectors ? () => {} : useConnectors([connector]);
    const started = (server = await startApiServer());
    afterAll(async () => {
      await started.close();
      await closeQueue();
      restore();
    });
    parts = {
      url: started.url,
      source,
      acme: await testOrganization("Acme"),
      globex: await testOrganization("Globex"),
    };
  });
  beforeEach(() => {
    forgetFailures();
    forgetRefusals();
    const { source } = ready();
    source.refuse = undefined;
    source.before = async () => {};
  });
  // A reply that the description does not allow fails the test that got it, whatever else it looked at.
  afterEach(() => server?.requireDescribed());
  const send: Api["send"] = (method, path, body, headers = {}) =>
    request(ready().url + path, method, body, { authorization: `Bearer ${ready().acme.apiKey}`, ...headers });
  return {
    get url() {
      return ready().url;
    },
    get source() {
      return ready().source;
    },
    get acme() {
      return ready().acme;
    },
    get globex() {
      return ready().globex;
    },
    get client() {
      return new Supermemory({ apiKey: ready().acme.apiKey, baseURL: ready().url, maxRetries: 0 });
    },
    send,
    async connect(body = {}, organization = ready().acme) {
      const response = await request(
        `${ready().url}/v3/connections/s3`,
        "POST",
        { metadata: stubSettings, ...body },
        { authorization: `Bearer ${organization.apiKey}` },
      );
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
      return ((await response.json()) as { id: string }).id;
    },
  };
}

function request(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  return globalThis.fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
}
