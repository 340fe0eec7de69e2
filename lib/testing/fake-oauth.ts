import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LastingTokens, type TokenKind } from "./fake-oauth-demo.ts";

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
  #lasting: LastingTokens | null = null;

  constructor(options: FakeOAuthOptions) {
    this.options = options;
  }

  /**
   * For demonstrations only: tokens go on working after a restart, and `GET /` is a page where people withdraw their
   * access.
   */
  demonstrate(): void {
    this.#lasting = new LastingTokens(this.options.name);
  }

  /** Whether a request to this path is for `handle` because of `demonstrate`. */
  demonstrates(path: string): boolean {
    return this.#lasting !== null && path === "/";
  }

  /** Registers an OAuth app. */
  client(id: string, clientSecret: string, ...redirectUris: string[]): void {
    this.clients.set(id, { secret: clientSecret, redirectUris });
  }

  /** Tokens as if the account had consented. */
  issue(account = this.accounts[0], clientId = "client", scope = ""): { accessToken: string; refreshToken: string } {
    if (!account) throw new Error("there is no account");
    const grant = randomBytes(8).toString("hex");
    const from = { account, clientId, scope, grant };
    return { accessToken: this.#newAccess(from), refreshToken: this.#newRefresh(from) };
  }

  /** Whose token a request carries; null = 401. */
  accountOf(request: IncomingMessage): FakeAccount | null {
    const token = this.#accessToken(/^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
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
    for (const { id } of this.accounts)
      if (accountId === undefined || id === accountId) this.#lasting?.end("account", id);
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
    if (this.demonstrates(url.pathname)) {
      await this.#accountsPage(request, response, url);
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
      const { grant } = this.#accessToken(token) ?? this.#refreshToken(token) ?? {};
      if (grant !== undefined) this.#lasting?.end("grant", grant);
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

  #newAccess(from: Omit<Token, "expiresAt">): string {
    const token = { ...from, expiresAt: this.now() + this.#lifetimeMs() };
    const value = this.#newToken("at", token, token.expiresAt);
    this.#access.set(value, token);
    return value;
  }

  #newRefresh(from: Omit<Token, "expiresAt">): string {
    const { account, clientId, scope, grant } = from;
    const value = this.#newToken("rt", from, null);
    this.#refresh.set(value, { account, clientId, scope, grant });
    return value;
  }

  #newToken(kind: TokenKind, { account, ...from }: Omit<Token, "expiresAt">, expiresAt: number | null): string {
    const { clientId, scope, grant } = from;
    const said = { account: account.id, clientId, scope, grant, expiresAt };
    const random = secret(kind);
    if (!this.#lasting) return random;
    const value = this.#lasting.write(kind, said, random);
    // in this process the maps alone decide: only what an earlier one has given is read
    this.#lasting.end("token", value);
    return value;
  }

  #accessToken(value: string): Token | undefined {
    const known = this.#access.get(value);
    if (known || !this.#lasting) return known;
    const earlier = this.#earlier("at", value);
    return earlier && { ...earlier, expiresAt: earlier.expiresAt ?? 0 };
  }

  #refreshToken(value: string): Omit<Token, "expiresAt"> | undefined {
    return this.#refresh.get(value) ?? this.#earlier("rt", value);
  }

  /** A token that an earlier process has given. */
  #earlier(kind: TokenKind, value: string): (Omit<Token, "expiresAt"> & { expiresAt: number | null }) | undefined {
    const said = this.#lasting?.read(kind, value);
    const account = said && this.accounts.find(({ id }) => id === said.account);
    return said && account ? { ...said, account } : undefined;
  }

  async #accountsPage(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (request.method === "POST") {
      const chosen = new URLSearchParams(await textOf(request)).get("account") ?? "";
      if (!this.accounts.some(({ id }) => id === chosen)) return page(response, 400, "Choose an account", "");
      this.withdraw(chosen);
      const location = `/?withdrawn=${encodeURIComponent(chosen)}`;
      return void response.writeHead(303, { location, "cache-control": "no-store" }).end();
    }
    const withdrawn = this.accounts.find(({ id }) => id === url.searchParams.get("withdrawn"));
    const people = this.accounts.map(
      ({ id, name, email }) =>
        `<form method="post" action="/"><p>${escape(name)} (${escape(email)}) <button name="account" value="${escape(id)}">Withdraw access of ${escape(name)}</button></p></form>`,
    );
    return page(
      response,
      200,
      `Who has given access to their ${this.options.name}`,
      `${withdrawn ? `<p role="status">${escape(withdrawn.name)} has withdrawn access. The next sync notices it.</p>` : ""}${people.join("")}`,
    );
  }

  async #authorize(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const query = url.searchParams;
    const client = this.clients.get(query.get("client_id") ?? "");
    const redirectUri = query.get("redirect_uri") ?? "";
    if (!client)
      return page(response, 400, "Access blocked", `<p>unknown client: ${escape(query.get("client_id") ?? "")}</p>`);
    if (!client.redirectUris.includes(redirectUri))
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
      const token = this.#refreshToken(value);
      if (!token || token.clientId !== clientId) return invalid("unknown refresh token");
      this.counts.refreshes++;
      if (this.options.rotates) {
        this.#refresh.delete(value);
        this.#lasting?.end("token", value);
      }
      return { status: 200, body: this.#reply(token, this.options.rotates) };
    }
    return { status: 400, body: { error: "unsupported_grant_type" } };
  }

  #reply(from: Omit<Token, "expiresAt">, withRefresh: boolean): Readonly<Record<string, unknown>> {
    const { account, clientId, scope, grant } = from;
    const given = { account, clientId, scope, grant };
    const refreshToken = withRefresh ? this.#newRefresh(given) : undefined;
    return {
      access_token: this.#newAccess(given),
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
