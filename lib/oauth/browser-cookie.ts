import { createHash, randomBytes } from "node:crypto";
import { env } from "#lib/env.ts";

/**
 * Tells the browser that began a connect flow (or came back from the provider) from all others. The value means nothing
 * by itself: flows keep its hash. One cookie serves all flows of a browser.
 */

/** A person may take this long until they choose what is synced. */
const keptSeconds = 86_400;
const pattern = /^[A-Za-z0-9_-]{43}$/;

export interface BrowserCookie {
  readonly name: string;
  readonly options: {
    readonly httpOnly: true;
    readonly sameSite: "lax";
    readonly path: "/";
    readonly secure: boolean;
    /** seconds */
    readonly maxAge: number;
  };
}

/** `__Host-` needs https, so a local installation has a plain name. Lax, because it comes back from the provider's site. */
export function browserCookie(): BrowserCookie {
  const secure = env().APP_URL.startsWith("https:");
  return {
    name: `${secure ? "__Host-" : ""}tributary.connect`,
    options: { httpOnly: true, sameSite: "lax", path: "/", secure, maxAge: keptSeconds },
  };
}

export function newBrowser(): string {
  return randomBytes(32).toString("base64url");
}

/** The value in a Cookie header; null when there is none, more than one, or one that is not ours. */
export function browserOf(header: string | null): string | null {
  const { name } = browserCookie();
  const values = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return values.length === 1 ? knownBrowser(values[0]) : null;
}

/** Null for what cannot be a value of ours. */
export function knownBrowser(value: string | undefined): string | null {
  return value !== undefined && pattern.test(value) ? value : null;
}

/** The Set-Cookie header. */
export function browserSetCookie(value: string): string {
  const { name, options } = browserCookie();
  return `${name}=${value}; Path=/; Max-Age=${options.maxAge}; HttpOnly; SameSite=Lax${options.secure ? "; Secure" : ""}`;
}

export function browserHash(value: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(`browser\0${value}`).digest());
}
