import { Failure, type Connector } from "#lib/connectors/types.ts";
import { abortable } from "./patience.ts";
import type { Http, HttpReply, HttpRequest } from "#lib/egress/types.ts";
import { readGrant, type GrantRef, type StoredGrant } from "./stored-grant.ts";
import { refreshTimes, renewed, type RefreshTimes } from "./tokens.ts";

/** Renewed so long before its end, or at half of a shorter life. */
const earlyMs = 300_000;
/** After a 401 a grant is not renewed again within this time: what the new token does not open, no newer one will. */
const onceMs = 60_000;
/** A renewal that failed although the token is still good is tried again after this. */
const laterMs = 30_000;

interface Held {
  readonly accessToken: string;
  readonly version: number;
  readonly refreshable: boolean;
  /** by performance.now() */
  readonly renewAt: number;
  readonly endsAt: number;
}

/** Which grant the connection uses now; null = none. */
export type Successor = () => Promise<GrantRef | null>;

export interface BearerOptions {
  readonly times?: RefreshTimes | undefined;
  /** asked when the grant turns out to be over */
  readonly successor?: Successor | undefined;
}

/**
 * A door to the network that shows the access token to one origin, the provider's API, and to nobody else. A redirect
 * that leaves that host loses it (lib/egress/redirect.ts).
 */
export class BearerHttp implements Http {
  #ref: GrantRef;
  readonly #connector: Connector;
  readonly #http: Http;
  readonly #origin: string;
  readonly #times: RefreshTimes;
  readonly #successor: Successor | undefined;
  #held: Held;

  constructor(
    grant: StoredGrant,
    connector: Connector,
    http: Http,
    api: string,
    { times = refreshTimes, successor }: BearerOptions = {},
  ) {
    this.#ref = { id: grant.id, organizationId: grant.organizationId };
    this.#connector = connector;
    this.#http = http;
    this.#origin = new URL(api).origin;
    this.#times = times;
    this.#successor = successor;
    this.#held = heldOf(grant);
  }

  async request(url: string | URL, request: HttpRequest = {}): Promise<HttpReply> {
    if (!this.#isOurs(url)) return this.#http.request(url, request);
    const held = await abortable(
      this.#orSuccessor(() => this.#current()),
      request.signal,
    );
    const reply = await this.#send(url, request, held);
    if (reply.status !== 401) return reply;
    // Not let in means not acted upon: whatever it was, it may be asked again.
    await reply.discard();
    const next = await abortable(
      this.#orSuccessor(() => this.#after401(held.version)),
      request.signal,
    );
    const second = await this.#send(url, request, next);
    if (second.status !== 401) return second;
    await second.discard();
    throw new Failure("reauth", `${this.#connector.name} does not accept the access it gave.`, {
      fix: "Reconnect the account.",
    });
  }

  #isOurs(url: string | URL): boolean {
    if (typeof url === "string" && !URL.canParse(url)) return false;
    const { protocol, origin } = new URL(url);
    return /^https?:$/.test(protocol) && origin === this.#origin;
  }

  #send(url: string | URL, request: HttpRequest, { accessToken }: Held): Promise<HttpReply> {
    const others = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== "authorization");
    const headers = { ...Object.fromEntries(others), authorization: `Bearer ${accessToken}` };
    return this.#http.request(url, { ...request, headers, secure: true });
  }

  async #current(): Promise<Held> {
    const held = this.#held;
    if (performance.now() < held.renewAt || !held.refreshable) return held;
    try {
      return this.#take(await renewed(this.#ref, this.#connector, held.version, this.#times));
    } catch (error) {
      const good = performance.now() < held.endsAt;
      if (!good || !(error instanceof Failure) || error.kind === "reauth") throw error;
      if (this.#held === held) this.#held = { ...held, renewAt: performance.now() + laterMs };
      return held;
    }
  }

  async #after401(version: number): Promise<Held> {
    const grant = await readGrant(this.#ref, this.#connector);
    const justRenewed = grant.version > 1 && grant.ageMs < onceMs;
    if (grant.version > version || justRenewed) return this.#take(grant);
    return this.#take(await renewed(this.#ref, this.#connector, grant.version, this.#times));
  }

  /** A grant that is over may have been replaced: the person has reconnected while we were at work. */
  async #orSuccessor(act: () => Promise<Held>): Promise<Held> {
    const before = this.#ref;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Failure && error.kind === "reauth")) throw error;
      const next = await this.#successor?.();
      if (!next || next.id === before.id) throw error;
      if (next.id !== this.#ref.id) {
        const grant = await readGrant(next, this.#connector);
        this.#ref = next;
        this.#held = heldOf(grant);
      }
      return this.#held;
    }
  }

  #take(grant: StoredGrant): Held {
    if (grant.id === this.#ref.id && grant.version >= this.#held.version) this.#held = heldOf(grant);
    return this.#held;
  }
}

function heldOf(grant: StoredGrant): Held {
  const { endsInMs, lifetimeMs, version, refreshable, tokens } = grant;
  const endsAt = endsInMs === null ? Infinity : performance.now() + endsInMs;
  const early = Math.min(earlyMs, (lifetimeMs ?? Infinity) / 2);
  return { accessToken: tokens.accessToken, version, refreshable, endsAt, renewAt: endsAt - early };
}
