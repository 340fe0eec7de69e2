import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { askJson } from "#lib/connectors/json-api.ts";
import { defineConnector, type Connector, type OAuth } from "#lib/connectors/types.ts";
import { FakeOAuth, type FakeOAuthOptions } from "./fake-oauth.ts";

/** A provider with nothing but OAuth and `/me`, for tests of everything around connectors: a real server on loopback. */
export interface StubProvider {
  /** accounts, faults and counts of the OAuth side; the app `client` / `client-secret` is registered */
  readonly oauth: FakeOAuth;
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** variables (lib/env.ts) that send requests here and set the operator's app up */
  readonly env: Readonly<Record<string, string>>;
  /** requests to the API so far, and what the next ones get instead of an answer */
  readonly api: { requests: number; readonly statuses: number[]; tokens: (string | undefined)[] };
  close(): Promise<void>;
}

export const stubClientId = "client";
export const stubClientSecret = "client-secret";

/** @param redirectUris what the app may come back to; the default is the callback of http://localhost:3000 */
export async function startStubProvider(
  options: Partial<FakeOAuthOptions> & { readonly redirectUris?: readonly string[] } = {},
): Promise<StubProvider> {
  const { redirectUris = ["http://localhost:3000/v3/connections/auth/callback/google-drive"], ...rest } = options;
  const oauth = new FakeOAuth({
    name: "Stub Drive",
    authorizePath: "/authorize",
    tokenPath: "/token",
    revokePath: "/revoke",
    clientAuth: "body",
    tokenFormat: "form",
    rotates: false,
    ...rest,
  });
  oauth.client(stubClientId, stubClientSecret, ...redirectUris);
  const api: StubProvider["api"] = { requests: 0, statuses: [], tokens: [] };
  const server = createServer((request, response) => {
    void answer(oauth, api, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    oauth,
    origin,
    api,
    env: {
      GOOGLE_CLIENT_ID: stubClientId,
      GOOGLE_CLIENT_SECRET: stubClientSecret,
      GOOGLE_AUTHORIZE_URL: origin,
      GOOGLE_TOKEN_URL: origin,
      GOOGLE_API_URL: origin,
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  oauth: FakeOAuth,
  api: StubProvider["api"],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await oauth.handle(request, response)) return;
  api.requests++;
  api.tokens.push(request.headers.authorization);
  request.resume();
  const account = oauth.accountOf(request);
  const status = api.statuses.shift() ?? (account ? 200 : 401);
  response.writeHead(status, { "content-type": "application/json" });
  const body = status !== 200 || !account ? { error: status } : { id: account.id, email: account.email };
  response.end(JSON.stringify(body));
}

const config = z.object({
  folder: z.string().optional(),
  resources: z.array(z.object({ id: z.string(), name: z.string(), kind: z.enum(["folder", "file"]) })).optional(),
});
const me = z.object({ id: z.string(), email: z.string() });

/**
 * Named `google-drive`, so that its addresses come from GOOGLE_* variables (StubProvider.env). `auth` and `tweak` replace
 * parts for one test.
 */
export function stubOAuthConnector(auth: Partial<OAuth> = {}, tweak: Partial<Connector> = {}): Connector {
  const connector = defineConnector({
    id: "google-drive",
    name: "Stub Drive",
    summary: "For tests",
    noun: ["file", "files"],
    category: "drive",
    config,
    settings: ["folder", "resources"],
    secrets: [],
    rescan: ["folder", "resources"],
    fields: { folder: { label: "Folder" } },
    auth: {
      kind: "oauth",
      variables: "GOOGLE",
      settings: "googleDrive",
      issuer: null,
      authorize: { base: "https://accounts.stub.invalid", path: "/authorize", variable: "GOOGLE_AUTHORIZE_URL" },
      token: { base: "https://token.stub.invalid", path: "/token", variable: "GOOGLE_TOKEN_URL" },
      revoke: { base: "https://token.stub.invalid", path: "/revoke", variable: "GOOGLE_TOKEN_URL" },
      api: { base: "https://api.stub.invalid", path: "", variable: "GOOGLE_API_URL" },
      scopes: [
        { name: "files.read", words: "Read your files" },
        { name: "email", words: "See your email address" },
      ],
      pkce: true,
      clientAuth: "body",
      tokenFormat: "form",
      authorizeParams: { access_type: "offline" },
      keep: ["workspace"],
      consent: {
        reads: ["Read the files you choose"],
        never: ["Change or delete anything"],
        stop: "Stub Drive → Settings → Connected apps → Remove",
      },
      setup: {
        where: "Stub console",
        url: "https://console.stub.invalid/",
        steps: ["Create an app.", "Enter the redirect URI."],
        caveats: ["In testing mode grants end after 7 days."],
      },
      ...auth,
    },
    cursor: z.object({ token: z.string() }),
    order: "marked",
    hosts: () => [],
    pace: () => ({ perSecond: 0, concurrency: 4 }),
    readers: 1,
    everyHours: 4,
    documentType: "text",
    customId: (_settings, id) => `stub://${id}`,
    async check(ctx) {
      const { id, email } = await askJson(ctx, { name: "Stub Drive" }, `${ctx.api}/me`, me);
      return { id, label: email, email, sample: [{ id: "a.md", title: "a.md", bytes: 3 }] };
    },
    async *changes() {
      yield [{ type: "done", coverage: "delta", cursor: { token: "1" } }];
    },
    read: () => Promise.resolve({ kind: "markdown", markdown: "# a", type: "text" } as const),
  });
  return { ...connector, ...tweak };
}
