import { EgressError, type Http } from "#lib/egress/types.ts";
import { agent, userAgent } from "./fetch-page.ts";
import { allowAll, decodeRobots, maxRobotsBytes, parseRobots, type RobotsRules } from "./robots.ts";
import type { Site } from "./site.ts";

/** What asking for robots.txt came to. */
export type RobotsFile =
  | { readonly kind: "rules"; readonly rules: RobotsRules; readonly text: string }
  /** RFC 9309 2.3.1.4: not reachable means everything is forbidden, for now */
  | { readonly kind: "unreachable"; readonly detail: string; readonly error: EgressError | null };

/** Fetches robots.txt once: 4xx = no rules; 5xx, network faults and endless redirects = unreachable. */
export async function fetchRobots(
  http: Http,
  site: Site,
  signal: AbortSignal,
  timeoutMs = 15_000,
): Promise<RobotsFile> {
  try {
    // other hosts may hold the file (RFC 9309 2.3.1.2); the egress policy checks each of them
    const reply = await http.request(new URL("/robots.txt", site.start), {
      headers: { "user-agent": userAgent },
      redirects: 5,
      // a robots.txt longer than what we read must not count as too large: read() stops by itself
      maxBytes: 64 * 1024 * 1024,
      headersTimeoutMs: timeoutMs,
      idleTimeoutMs: timeoutMs,
      totalTimeoutMs: timeoutMs * 2,
      retries: 1,
      signal,
    });
    if (reply.status >= 200 && reply.status < 300) {
      const text = decodeRobots(await firstBytes(reply.stream(), maxRobotsBytes));
      return { kind: "rules", rules: parseRobots(text, agent), text };
    }
    await reply.discard();
    if (reply.status >= 400 && reply.status < 500 && reply.status !== 429)
      return { kind: "rules", rules: allowAll, text: "" };
    return { kind: "unreachable", detail: `The site answers ${reply.status} for robots.txt.`, error: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof EgressError)) throw error;
    return { kind: "unreachable", detail: `robots.txt could not be read: ${error.message}`, error };
  }
}

async function firstBytes(source: AsyncIterable<Uint8Array>, max: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= max) break;
  }
  return new Uint8Array(Buffer.concat(parts, size)).subarray(0, max);
}
