import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** A person at the provider. */
export interface FakeAccount {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** What the token endpoint does instead of answering as it should. */
export type TokenFault =
  | { readonly kind: "error"; readonly status: number; readonly error: string; readonly description?: string }
  | { readonly kind: "status"; readonly status: number; readonly body?: string; readonly contentType?: string }
  /** the answer comes after so many milliseconds; what it means (a rotation) has happened before */
  | { readonly kind: "slow"; readonly ms: number }
  /** does what was asked, then drops the connection without an answer */
  | { readonly kind: "lost" }
  | { readonly kind: "silent" }
  | { readonly kind: "redirect"; readonly to: string }
  /** so many bytes of JSON */
  | { readonly kind: "huge"; readonly bytes: number }
  /** changes the reply as it would have been sent; undefined takes a field away */
  | { readonly kind: "reply"; readonly change: Readonly<Record<string, unknown>> };

export interface FakeOAuthOptions {
  readonly name: string;
  readonly authorizePath: string;
  readonly tokenPath: string;
  readonly revokePath?: string;
  readonly clientAuth: "basic" | "body";
  readonly tokenFormat: "form" | "json";
  /** sent as `iss` with the callback (RFC 9207) */
  readonly issuer?: string;
  /** a refresh gives a new refresh token and ends the old one */
  readonly rotates: boolean;
  /** a refresh token is given only when asked for, e.g. `access_type=offline` */
  readonly offline?: (query: URLSearchParams) => boolean;
  readonly expiresInSeconds?: number;
  /** a token reply's other fields */
  readonly extras?: (account: FakeAccount) => Readonly<Record<string, unknown>>;
}

interface Token {
  readonly account: FakeAccount;
  readonly clientId: string;
  readonly scope: string;
  readonly expiresAt: number;
  readonly grant: string;
}

interface Code extends Omit<Token, "expiresAt"> {
  readonly challenge: string | null;
  readonly redirectUri: string;
  readonly offline: boolean;
  readonly expiresAt: number;
}

/**
 * The OAuth side of a provider's fake, strict where the specifications are: redirect URIs to the letter, PKCE S256,
 * codes that work once, refresh tokens that rotate. A provider's fake hands it every request first.
 */
export class FakeOAuth {
  readonly options: FakeOAuthOptions;
  readonly clients = new Map<string, { secret: string; redirectUris: string[] }>();
  readonly accounts: FakeAccount[] = [
    { id: "ada", email: "ada@example.com", name: "Ada Lovelace" },
    { id: "grace", email: "grace@example.com", name: "Grace Hopper" },
  ];
  /** consumed one by one by requests to the token endpoint */
  readonly faults: TokenFault[] = [];
  readonly counts = { authorizations: 0, exchanges: 0, refreshes: 0, revocations: 0, token: 0 };
  /** the clock by which tokens expire, ms since 1970 */
  now: () => number = () => Date.now();
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, Token>();
  readonly #refresh = new Map<string, Omit<Token, "expiresAt">>();

  constructor(options: FakeOAuthOptions) {
    this.options = options;
  }

  /** Registers an OAuth app. */
  client(id: string, clientSecret: string, ...redirectUris: string[]): void {
    this.clients.set(id, { secret: clientSecret, redirectUris });
  }

  /** Tokens as if the account had consented. */
  issue(account = this.accounts[0], clientId = "client", scope = ""): { accessToken: string; refreshToken: string } {
    if (!account) throw new Error("there is no account");
    const grant = randomBytes(8).toString("hex");
    const [accessToken, refreshToken] = [secret("at"), secret("rt")];
    this.#access.set(accessToken, { account, clientId, scope, grant, expiresAt: this.now() + this.#lifetimeMs() });
    this.#refresh.set(refreshToken, { account, clientId, scope, grant });
    return { accessToken, refreshToken };
  }

  /** Whose token a request carries; null = 401. */
  accountOf(request: IncomingMessage): FakeAccount | null {
    const token = this.#access.get(/^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
    return token && token.expiresAt > this.now() ? token.account : null;
  }

  /** All access tokens end now; refresh tokens stay. */
  expireAccess(): void {
    this.#access.clear();
  }

  /** The person withdraws: everything given for them ends. */
  withdraw(accountId?: string): void {
    for (const tokens of [this.#access, this.#refresh])
      for (const [value, token] of tokens)
        if (accountId === undefined || token.account.id === accountId) tokens.delete(value);
  }

  /** The code of somebody who consented to an authorize URL with this query. */
  approve(query: URLSearchParams, account = this.accounts[0]): string {
    if (!account) throw new Error("there is no account");
    this.counts.authorizations++;
    const code = secret("code");
    this.#codes.set(code, {
      account,
      clientId: query.get("client_id") ?? "",
      scope: query.get("scope") ?? "",
      grant: randomBytes(8).toString("hex"),
      challenge: query.get("code_challenge"),
      redirectUri: query.get("redirect_uri") ?? "",
      offline: this.options.offline?.(query) ?? true,
      expiresAt: this.now() + 600_000,
    });
    return code;
  }

  /** Answers what is OAuth's; false = the request is somebody else's. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? "/", "http://fake.invalid");
    if (url.pathname === this.options.authorizePath) {
      await this.#authorize(request, response, url);
      return true;
    }
    if (url.pathname === this.options.tokenPath && request.method === "POST") {
      await this.#token(request, response);
      return true;
    }
    if (url.pathname === this.options.revokePath && request.method === "POST") {
      this.counts.revocations++;
      const { fields } = await this.#fields(request);
      const token = fields["token"] ?? "";
      const { grant } = this.#access.get(token) ?? this.#refresh.get(token) ?? {};
      for (const tokens of [this.#access, this.#refresh])
        for (const [value, each] of tokens) if (each.grant === grant) tokens.delete(value);
      json(response, 200, {});
      return true;
    }
    return false;
  }

  #lifetimeMs(): number {
    return (this.options.expiresInSeconds ?? 3_600) * 1_000;
  }

  async #authorize(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const query = url.searchParams;
    const client = this.clients.get(query.get("client_id") ?? "");
    const redirectUri = query.get("redirect_uri") ?? "";
    if (!client || !client.redirectUris.includes(redirectUri))
      return page(response, 400, "Access blocked", `<p>redirect_uri_mismatch: ${escape(redirectUri)}</p>`);
    const back = (values: Readonly<Record<string, string>>) => {
      const target = new URL(redirectUri);
      for (const [key, value] of Object.entries(values)) target.searchParams.set(key, value);
      const state = query.get("state");
      if (state !== null) target.searchParams.set("state", state);
      if (this.options.issuer) target.searchParams.set("iss", this.options.issuer);
      response.writeHead(302, { location: target.href, "cache-control": "no-store" }).end();
    };
    if (query.get("response_type") !== "code") return back({ error: "unsupported_response_type" });
    if (query.has("code_challenge") && query.get("code_challenge_method") !== "S256")
      return back({ error: "invalid_request", error_description: "only S256" });
    if (request.method !== "POST") {
      const scopes = (query.get("scope") ?? "").split(" ").filter(Boolean);
      const people = this.accounts.map(
        ({ id, name, email }, index) =>
          `<p><label><input type="radio" name="account" value="${escape(id)}"${index === 0 ? " checked" : ""}> ${escape(name)} (${escape(email)})</label></p>`,
      );
      return page(
        response,
        200,
        `Sign in to ${this.options.name}`,
        `<p>${escape(query.get("client_id") ?? "")} wants access to your ${escape(this.options.name)}.</p>
         <ul>${scopes.map((scope) => `<li>${escape(scope)}</li>`).join("")}</ul>
         <form method="post" action="${escape(url.pathname + url.search)}">${people.join("")}
         <button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form>`,
      );
    }
    const form = new URLSearchParams(await textOf(request));
    if (form.get("decision") !== "allow")
      return back({ error: "access_denied", error_description: "The user denied the request" });
    const account = this.accounts.find(({ id }) => id === form.get("account"));
    if (!account) return page(response, 400, "Choose an account", "");
    const code = this.approve(query, account);
    back({ code });
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.counts.token++;
    const fault = this.faults.shift();
    if (fault?.kind === "silent") return;
    if (fault?.kind === "error")
      return json(response, fault.status, { error: fault.error, error_description: fault.description });
    if (fault?.kind === "status")
      return void response
        .writeHead(fault.status, { "content-type": fault.contentType ?? "text/html" })
        .end(fault.body ?? "<html><title>Sorry</title></html>");
    if (fault?.kind === "redirect") return void response.writeHead(302, { location: fault.to }).end();
    if (fault?.kind === "huge")
      return json(response, 200, { access_token: "x".repeat(fault.bytes), token_type: "bearer" });
    const { fields, clientId, clientSecret, wrong } = await this.#fields(request);
    if (wrong) return json(response, 400, { error: "invalid_request", error_description: wrong });
    const client = this.clients.get(clientId);
    if (!client || client.secret !== clientSecret) return json(response, 401, { error: "invalid_client" });
    const answer = this.#grant(fields, clientId);
    if (fault?.kind === "lost") return void request.socket.destroy();
    if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const body = fault?.kind === "reply" ? { ...answer.body, ...fault.change } : answer.body;
    json(response, answer.status, body);
  }

  #grant(
    fields: Readonly<Record<string, string>>,
    clientId: string,
  ): { readonly status: number; readonly body: Readonly<Record<string, unknown>> } {
    const invalid = (description: string) => ({
      status: 400,
      body: { error: "invalid_grant", error_description: description },
    });
    if (fields["grant_type"] === "authorization_code") {
      const code = this.#codes.get(fields["code"] ?? "");
      this.#codes.delete(fields["code"] ?? "");
      if (!code || code.clientId !== clientId || code.expiresAt < this.now()) return invalid("unknown code");
      if (code.redirectUri !== fields["redirect_uri"]) return invalid("redirect_uri differs");
      if (code.challenge !== null && code.challenge !== challengeOf(fields["code_verifier"] ?? ""))
        return invalid("code_verifier does not match");
      this.counts.exchanges++;
      return { status: 200, body: this.#reply(code, code.offline) };
    }
    if (fields["grant_type"] === "refresh_token") {
      const value = fields["refresh_token"] ?? "";
      const token = this.#refresh.get(value);
      if (!token || token.clientId !== clientId) return invalid("unknown refresh token");
      this.counts.refreshes++;
      if (this.options.rotates) this.#refresh.delete(value);
      return { status: 200, body: this.#reply(token, this.options.rotates) };
    }
    return { status: 400, body: { error: "unsupported_grant_type" } };
  }

  #reply(from: Omit<Token, "expiresAt">, withRefresh: boolean): Readonly<Record<string, unknown>> {
    const { account, clientId, scope, grant } = from;
    const accessToken = secret("at");
    this.#access.set(accessToken, { account, clientId, scope, grant, expiresAt: this.now() + this.#lifetimeMs() });
    const refreshToken = withRefresh ? secret("rt") : undefined;
    if (refreshToken) this.#refresh.set(refreshToken, { account, clientId, scope, grant });
    return {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: this.options.expiresInSeconds ?? 3_600,
      ...(refreshToken ? { refresh_token: refreshToken } : {}),
      ...(scope ? { scope } : {}),
      ...this.options.extras?.(account),
    };
  }

  async #fields(request: IncomingMessage): Promise<{
    fields: Readonly<Record<string, string>>;
    clientId: string;
    clientSecret: string;
    wrong?: string;
  }> {
    const text = await textOf(request);
    const type = request.headers["content-type"] ?? "";
    const wanted = this.options.tokenFormat === "json" ? "application/json" : "application/x-www-form-urlencoded";
    if (!type.startsWith(wanted)) return { fields: {}, clientId: "", clientSecret: "", wrong: `expected ${wanted}` };
    const fields: Record<string, string> =
      this.options.tokenFormat === "json"
        ? (JSON.parse(text) as Record<string, string>)
        : Object.fromEntries(new URLSearchParams(text));
    if (this.options.clientAuth === "body")
      return { fields, clientId: fields["client_id"] ?? "", clientSecret: fields["client_secret"] ?? "" };
    const basic = Buffer.from(
      /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "",
      "base64",
    ).toString();
    const colon = basic.indexOf(":");
    return {
      fields,
      clientId: decodeURIComponent(basic.slice(0, Math.max(colon, 0))),
      clientSecret: decodeURIComponent(basic.slice(colon + 1)),
    };
  }
}

function secret(prefix: string): string {
  return `${prefix}_${randomBytes(24).toString("base64url")}`;
}

function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function page(response: ServerResponse, status: number, title: string, body: string): void {
  response
    .writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .end(
      `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}`,
    );
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
    .end(JSON.stringify(body));
}
