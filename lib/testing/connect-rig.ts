import { afterAll, beforeAll, beforeEach } from "vitest";
import Supermemory from "supermemory";
import { useConnectors } from "#lib/connections/registry.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { prisma } from "#lib/db/client.ts";
import { env } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { startApiServer } from "./api-server.ts";
import { testDatabase } from "./database.ts";
import { testOrganization, type TestOrganization } from "./organization.ts";
import { startStubProvider, stubOAuthConnector, type StubProvider } from "./stub-oauth-connector.ts";

/** Everything a connect flow needs, over real HTTP: the API, a provider with consent pages, browsers with cookies. */
export interface ConnectRig {
  readonly provider: StubProvider;
  readonly acme: TestOrganization;
  readonly globex: TestOrganization;
  /** the official client with Acme's key, without repetitions of its own */
  readonly client: Supermemory;
  /** where the API listens; APP_URL is another address, as behind a proxy */
  readonly url: string;
  browser(): TestBrowser;
  /** other connectors for the rest of this file's tests, or until the next call */
  use(...connectors: readonly Connector[]): void;
  /** origins Acme trusts */
  trust(...origins: readonly string[]): Promise<void>;
}

/** For one test file. Call it at the top. */
export function connectRig(values: Readonly<Record<string, string>> = {}): ConnectRig {
  let parts:
    | {
        readonly provider: StubProvider;
        readonly url: string;
        readonly acme: TestOrganization;
        readonly globex: TestOrganization;
      }
    | undefined;
  let restore = () => {};
  const ready = () => {
    if (!parts) throw new Error("not before the tests begin");
    return parts;
  };
  const use = (...connectors: readonly Connector[]) => {
    restore();
    restore = useConnectors(connectors);
  };
  beforeAll(async () => {
    const provider = await startStubProvider();
    await testDatabase({
      SEALING_KEYS: `test:${Buffer.alloc(32, 7).toString("base64url")}`,
      RATE_LIMIT_BURST: "100000",
      ...provider.env,
      ...values,
    });
    use(stubOAuthConnector());
    const server = await startApiServer();
    afterAll(async () => {
      await server.close();
      await closeQueue();
      await provider.close();
      restore();
    });
    parts = {
      provider,
      url: server.url,
      acme: await testOrganization("Acme"),
      globex: await testOrganization("Globex"),
    };
  });
  beforeEach(async () => {
    const { oauth, api } = ready().provider;
    oauth.faults.length = 0;
    api.statuses.length = 0;
    Object.assign(oauth.counts, { authorizations: 0, exchanges: 0, refreshes: 0, revocations: 0, token: 0 });
    use(stubOAuthConnector());
    await prisma().connection.deleteMany({});
    await prisma().connectFlow.deleteMany({});
    await prisma().grant.deleteMany({});
    await prisma().auditEvent.deleteMany({});
    await prisma().organization.updateMany({ data: { redirectOrigins: [] } });
  });
  return {
    get provider() {
      return ready().provider;
    },
    get acme() {
      return ready().acme;
    },
    get globex() {
      return ready().globex;
    },
    get url() {
      return ready().url;
    },
    get client() {
      return new Supermemory({ apiKey: ready().acme.apiKey, baseURL: ready().url, maxRetries: 0 });
    },
    browser: () => new TestBrowser(ready().url),
    use,
    trust: async (...origins) => {
      const { organizationId } = ready().acme;
      await prisma().organization.update({ where: { id: organizationId }, data: { redirectOrigins: [...origins] } });
    },
  };
}

interface Answer {
  readonly status: number;
  /** where it leads; "" = nowhere */
  readonly location: string;
  readonly headers: Headers;
}

/** A person's browser: keeps our cookies, follows nothing by itself. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** the value of the cookie of connect flows */
  get connect(): string | null {
    return this.cookies.get("tributary.connect") ?? null;
  }

  /** Consents (or not) on the provider's own page; answers the address the browser is sent back to. */
  async consent(authLink: string, choice: { account?: string; decision?: "allow" | "deny" } = {}): Promise<string> {
    const reply = await globalThis.fetch(authLink, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ account: choice.account ?? "ada", decision: choice.decision ?? "allow" }),
    });
    const location = reply.headers.get("location");
    if (!location) throw new Error(`${reply.status} ${await reply.text()}`);
    return location;
  }

  /** Opens an address under APP_URL. */
  async open(address: string, init: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
    const { APP_URL } = env();
    if (!address.startsWith(`${APP_URL}/`)) throw new Error(`${address} is not ours`);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const reply = await globalThis.fetch(this.#url + address.slice(APP_URL.length), {
      method: init.method ?? "GET",
      redirect: "manual",
      headers: { ...(cookie ? { cookie } : {}), ...init.headers },
    });
    for (const line of reply.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const equals = pair.indexOf("=");
      this.cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    await reply.arrayBuffer();
    return { status: reply.status, location: reply.headers.get("location") ?? "", headers: reply.headers };
  }
}

/** The token in the address of one of our pages. */
export function pageToken(location: string): string {
  return new URL(location).pathname.split("/").at(-1) ?? "";
}
