import type { Json, OAuth } from "#lib/connectors/types.ts";
import { TokenError } from "./token-error.ts";

/** What a provider gave us. */
export interface TokenReply {
  readonly accessToken: string;
  /** null = the reply had none: after a refresh the old one stays good */
  readonly refreshToken: string | null;
  /** null = the provider did not say, or nothing usable: try, and renew after a 401 */
  readonly expiresAt: Date | null;
  /** null = the provider did not say: what was asked for (RFC 6749 5.1) */
  readonly scopes: string[] | null;
  /** the fields of `auth.keep` */
  readonly facts: Record<string, Json>;
}

/** Nobody's access token lives longer; what claims to is not believed. */
const longestLifetimeSeconds = 400 * 86_400;
const longestFactBytes = 2_000;
/** What may be sent in an Authorization header. */
const tokenText = /^[\x21-\x7e]{1,16384}$/;

/**
 * A token endpoint's JSON, made fit for the library: what is no use is taken away (a lifetime that cannot be, a null
 * refresh token, an id token nobody asked for), what would be harmful is refused.
 * @throws TokenError nonsense
 */
export function cleaned(body: unknown, who: string): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw nonsense(who);
  const { expires_in: expires, refresh_token: refresh, scope, id_token: _unused, ...rest } = body as Fields;
  if (typeof rest["error"] === "string") return rest;
  for (const token of [rest["access_token"], refresh ?? undefined])
    if (token !== undefined && token !== "" && !(typeof token === "string" && tokenText.test(token)))
      throw nonsense(who);
  return {
    ...rest,
    ...(typeof expires === "number" && expires > 0 && expires <= longestLifetimeSeconds ? { expires_in: expires } : {}),
    ...(refresh ? { refresh_token: refresh } : {}),
    ...(typeof scope === "string" ? { scope } : {}),
  };
}

/** @param askedAt ms since 1970, when the request was sent: a lifetime counts from before the reply's journey */
export function replyOf(auth: OAuth, body: Readonly<Fields>, askedAt: number): TokenReply {
  const { access_token: access, refresh_token: refresh, expires_in: seconds, scope } = body;
  return {
    accessToken: String(access),
    refreshToken: typeof refresh === "string" ? refresh : null,
    expiresAt: typeof seconds === "number" ? new Date(askedAt + seconds * 1_000) : null,
    scopes: typeof scope === "string" ? scope.split(/[\s,]+/).filter((name) => name !== "") : null,
    facts: factsOf(auth, body),
  };
}

type Fields = Record<string, unknown>;

const neverKept = new Set(["access_token", "refresh_token", "id_token"]);

function factsOf(auth: OAuth, body: Readonly<Fields>): Record<string, Json> {
  const kept = auth.keep.flatMap((name) => {
    const value = body[name];
    if (value === undefined || value === null || neverKept.has(name)) return [];
    return JSON.stringify(value).length > longestFactBytes ? [] : [[name, value as Json] as const];
  });
  return Object.fromEntries(kept);
}

/** The scopes of the definition that were not granted although they were asked for, each with its words. */
export function missingScopes(auth: OAuth, granted: readonly string[] | null): OAuth["scopes"] {
  if (granted === null) return [];
  const has = granted.map((name) => name.toLowerCase());
  return auth.scopes.filter(({ name }) => {
    const wanted = name.toLowerCase();
    // Which of these were granted shows in what came: a refresh token, an id token. Providers leave them out of `scope`.
    if (wanted === "offline_access" || wanted === "openid") return false;
    // Granted scopes may be spelled as addresses: `https://graph.microsoft.com/Files.Read`, `…/auth/userinfo.email`.
    return !has.some((each) => each === wanted || each.endsWith(`/${wanted}`) || each.endsWith(`.${wanted}`));
  });
}

function nonsense(who: string): TokenError {
  return new TokenError("nonsense", `${who} answered the request for tokens with something that is none.`);
}
