import { isIP, type LookupFunction } from "node:net";
import { buildConnector, Pool } from "undici";
import type { Answer, Resolve } from "./dns.ts";
import type { Door, Policy } from "./policy.ts";
import { EgressError } from "./types.ts";

export interface ConnectOptions {
  readonly policy: Policy;
  readonly resolve: Resolve;
  /** sockets to one origin at most */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** trusted instead of the machine's own certificate authorities (tests) */
  readonly ca?: string | undefined;
}

/**
 * Node's question for a name, answered by us: every address is checked, and the socket is opened to exactly these
 * answers, so that a second answer given later (DNS rebinding) is never used.
 */
export function pinnedLookup(door: Door, policy: Policy, resolve: Resolve): LookupFunction {
  const checked = async (name: string): Promise<readonly Answer[]> => {
    const answers = await resolve(name);
    if (answers.length === 0) throw new EgressError("dns", `${door.host} has no address.`);
    for (const answer of answers) policy.checkAddress(door, answer.address);
    return answers;
  };
  return async (name, wanted, callback) => {
    let answers: readonly Answer[];
    try {
      answers = await checked(name);
    } catch (error) {
      callback(asError(error), []);
      return;
    }
    if (wanted.all) callback(null, [...answers]);
    else callback(null, answers[0]?.address ?? "", answers[0]?.family);
  };
}

/**
 * A keep-alive pool for one origin whose every connection passes the policy. Node does not ask `lookup` about IP
 * literals, so those are checked first; names go through `pinnedLookup`.
 */
export function openPool(door: Door, options: ConnectOptions): Pool {
  const { policy } = options;
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    allowH2: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 250,
    lookup: pinnedLookup(door, policy, options.resolve),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return new Pool(`${door.tls ? "https" : "http"}://${door.host}:${door.port}`, {
    connections: options.connections,
    pipelining: 1,
    // time limits are kept by exchange.ts, which knows what each request asked for
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 64 * 1024,
    connect(wanted, callback) {
      try {
        if (isIP(wanted.hostname) !== 0) policy.checkAddress(door, wanted.hostname);
      } catch (error) {
        callback(asError(error), null);
        return;
      }
      connect(wanted, callback);
    },
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
