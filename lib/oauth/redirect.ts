import { redirectUrl } from "#lib/contract/redirect-url.ts";
import { env } from "#lib/env.ts";

/** Where a person may be sent, and what is added to the address. Nothing of what a provider sent us ever is. */

/** The redirect URI: from APP_URL alone, and the same for every flow of a provider. */
export function callbackUrl(provider: string): string {
  return `${env().APP_URL}/v3/connections/auth/callback/${provider}`;
}

/** What the people of an organization have said they trust: exact scheme, host and port. */
export function isListed(url: string, origins: readonly string[]): boolean {
  return isAllowed(url) && origins.includes(new URL(url).origin);
}

/** Judged again on use: what was stored by an older version, or by hand, gets no further than what is sent today. */
export function isAllowed(url: string): boolean {
  return url !== "" && redirectUrl.safeParse(url).success;
}

/** `app.example.com`, for people; with the port if it has one. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

/** Only these are ever added; what the address says under the same names is taken away, so that nothing is said twice. */
export interface ConnectResult {
  readonly connectionId?: string;
  readonly provider?: string;
  readonly error?: string;
  readonly error_description?: string;
}

const names: readonly string[] = [
  "connectionId",
  "provider",
  "error",
  "error_description",
] satisfies (keyof ConnectResult)[];

/** The rest of the address, its query included, stays as it was written. @throws Error for an address that is not allowed */
export function withResult(url: string, result: ConnectResult): string {
  if (!isAllowed(url)) throw new Error("this address is nowhere to send a person");
  const [, base = "", query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url) ?? [];
  const kept = query
    .slice(1)
    .split("&")
    .filter((part) => part !== "" && !names.includes(nameOf(part)));
  const added = names.flatMap((name) => {
    const value = result[name as keyof ConnectResult];
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value.toWellFormed())}`];
  });
  return `${base}?${[...kept, ...added].join("&")}${fragment}`;
}

function nameOf(part: string): string {
  return [...new URLSearchParams(part).keys()][0] ?? "";
}
