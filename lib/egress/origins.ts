import type { Pool } from "undici";
import { openPool, type ConnectOptions } from "./connect.ts";
import { operatorRemedy, type Door } from "./policy.ts";
import { EgressError, type HttpRequest } from "./types.ts";

const mostOrigins = 64;

/** A host, port and scheme that passed the policy, with the sockets to it. */
export interface Origin {
  readonly door: Door;
  readonly pool: Pool;
}

/** What to ask for, taken apart. */
export interface Aim {
  readonly origin: Origin;
  /** path and query as sent */
  readonly path: string;
  readonly href: string;
}

/** A request target as HTTP allows it: printable ASCII. */
const exactTarget = /^\/[\x21-\x7e]*$/;

/** Paths and queries that URL parsing leaves as they are (if there is no dot segment). */
const normalPath = /^\/(?:[\w\-.~!$&()*+,;=:@/?]|%(?!2[eE])[\da-fA-F]{2})*$/;

/** From URLs to the pools that may fetch them: every origin is checked once, every connection by its pool. */
export class Origins {
  readonly #options: ConnectOptions;
  readonly #origins = new Map<string, Origin>();

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  /** Parses and checks a URL; a known origin with nothing to normalise costs one map lookup. */
  aim(input: string | URL, request: HttpRequest, from?: string): Aim {
    const target = from === undefined ? request.target : undefined;
    if (target !== undefined && !exactTarget.test(target)) {
      throw new EgressError("bad_url", "The request target has characters that cannot be sent.");
    }
    let aim: Aim | undefined;
    if (typeof input === "string") {
      const slash = input.indexOf("/", 8);
      const origin = slash < 0 ? undefined : this.#origins.get(input.slice(0, slash));
      if (origin && target !== undefined) aim = { origin, path: target, href: input.slice(0, slash) + target };
      else if (origin) {
        const path = input.slice(slash);
        if (normalPath.test(path) && !path.includes("/.")) aim = { origin, path, href: input };
      }
    }
    aim ??= this.#parse(input, target, from);
    const { door } = aim.origin;
    if (request.secure && !door.tls && !door.allowed) {
      throw new EgressError(
        "tls",
        `${door.host} would get credentials over plain http: use https. ${operatorRemedy(door)}`,
      );
    }
    return aim;
  }

  #parse(input: string | URL, target: string | undefined, from: string | undefined): Aim {
    let url: URL;
    try {
      url = new URL(input);
    } catch {
      throw new EgressError("bad_url", "The address is not a valid URL.");
    }
    // only what looks like a known origin to the letter is one: `blob:http://host/` has the origin http://host as well
    const plain = (url.protocol === "http:" || url.protocol === "https:") && !url.username && !url.password;
    let origin = plain ? this.#origins.get(url.origin) : undefined;
    if (!origin) {
      try {
        origin = this.#open(url);
      } catch (error) {
        if (from !== undefined && error instanceof EgressError) throw asRedirect(error, from);
        throw error;
      }
    }
    if (target !== undefined) return { origin, path: target, href: url.origin + target };
    url.hash = "";
    return { origin, path: url.pathname + url.search, href: url.href };
  }

  #open(url: URL): Origin {
    const door = this.#options.policy.checkUrl(url);
    const known = this.#origins.get(url.origin);
    if (known) return known;
    const pool = openPool(door, this.#options);
    const origin: Origin = { door, pool };
    this.#origins.set(url.origin, origin);
    if (this.#origins.size > mostOrigins) {
      for (const [key, oldest] of this.#origins) {
        this.#origins.delete(key);
        void oldest.pool.close();
        break;
      }
    }
    return origin;
  }

  async close(): Promise<void> {
    const origins = [...this.#origins.values()];
    this.#origins.clear();
    await Promise.all(origins.map(({ pool }) => pool.destroy()));
  }
}

/** A redirect to an address that may not be fetched keeps its kind; a malformed one is the redirecting host's fault. */
function asRedirect(error: EgressError, from: string): EgressError {
  const kind = error.kind === "bad_url" ? "redirect" : error.kind;
  return new EgressError(kind, `${from} redirects to an address that is refused. ${error.message}`, { cause: error });
}
