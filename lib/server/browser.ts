import { cookies } from "next/headers";
import { browserCookie, knownBrowser, newBrowser } from "#lib/oauth/browser-cookie.ts";

/** In a server action: the value that tells this browser from all others; it gets one if it has none. */
export async function thisBrowser(): Promise<string> {
  const jar = await cookies();
  const { name, options } = browserCookie();
  const value = knownBrowser(jar.get(name)?.value) ?? newBrowser();
  jar.set(name, value, options);
  return value;
}

/** The same value in a page, which cannot give one; null = this browser has none. */
export async function knownBrowserHere(): Promise<string | null> {
  return knownBrowser((await cookies()).get(browserCookie().name)?.value);
}
