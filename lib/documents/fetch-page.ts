import { defaultHttpOptions } from "#lib/egress/defaults.ts";
import type { createHttp } from "#lib/egress/http.ts";
import { retryAfterSeconds } from "#lib/egress/retry.ts";
import type { HttpReply } from "#lib/egress/types.ts";
import { Unreadable } from "./unreadable.ts";

export interface Fetched {
  readonly bytes: Uint8Array;
  /** Content-Type as received */
  readonly mime: string | undefined;
  /** after redirects */
  readonly url: string;
  /** the last part of its path */
  readonly filename: string | undefined;
}

const mostBytes = 10_000_000;
const mostRedirects = 5;
/** Shorter than elsewhere: documents of others wait for this one's place in the worker. */
const patience = { headersTimeoutMs: 15_000, idleTimeoutMs: 15_000, totalTimeoutMs: 60_000 };

/**
 * What is at an address that somebody added. Asked once: whoever calls tries again later (lib/documents/process.ts)
 * rather than hold a worker while a site recovers. @throws Unreadable, EgressError
 */
export async function fetchPage(make: typeof createHttp, address: string, signal: AbortSignal): Promise<Fetched> {
  const http = make({ ...defaultHttpOptions(), signal });
  try {
    const reply = await http.request(address, {
      headers: { accept: "text/html,application/xhtml+xml;q=0.9,text/markdown;q=0.9,*/*;q=0.5" },
      redirects: mostRedirects,
      maxBytes: mostBytes,
      retries: 0,
      ...patience,
    });
    if (reply.status !== 200 && reply.status !== 203) {
      await reply.discard();
      throw refusal(new URL(address).host, reply);
    }
    const { pathname } = new URL(reply.url);
    return {
      bytes: await reply.bytes(),
      mime: reply.headers["content-type"],
      url: reply.url,
      filename: decoded(pathname.slice(pathname.lastIndexOf("/") + 1)) || undefined,
    };
  } finally {
    await http.close();
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const passing = new Set([408, 423, 425, 429]);

function refusal(host: string, { status, headers }: HttpReply): Unreadable {
  const answers = `${host} answers ${status}`;
  if (passing.has(status) || status >= 500)
    return new Unreadable(answers, "Add it again later.", {
      passing: status !== 501 && status !== 505,
      retryAfterSeconds: retryAfterSeconds(headers["retry-after"], Date.now()),
    });
  if (status === 404 || status === 410)
    return new Unreadable(`${answers}: there is nothing at this address`, "Correct it and add it again.");
  if ([401, 402, 403, 407, 451].includes(status))
    return new Unreadable(
      `${answers}: it does not show the page to everybody`,
      "Only what needs no sign-in can be fetched. Add its text itself, or upload it as a file.",
    );
  if (status === 204 || status === 205)
    return new Unreadable(`${answers}: the page is empty`, "Check the address and add it again.");
  return new Unreadable(answers, "Open the address in a browser and check it, then add it again.");
}
