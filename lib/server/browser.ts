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
