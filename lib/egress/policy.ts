import { isIP } from "node:net";
import { classify } from "./address.ts";
import { EgressError } from "./types.ts";

/**
 * Decides which URLs and addresses may be reached. Names are refused here before any DNS question is asked; the
 * addresses they resolve to are checked where the connection is made (connect.ts).
 */

/** A host and port that passed checkUrl. */
export interface Door {
  /** as the URL parser writes it: lower case, punycode, dotted IPv4, IPv6 in brackets; no trailing dot */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** named in `allow`: its addresses are not checked */
  readonly allowed: boolean;
}

export interface Policy {
  /**
   * Takes a URL apart and says whether it may be asked for.
   * @throws EgressError bad_url (not http(s), user info, no host) or blocked_address (address, name, port or host)
   */
  checkUrl(url: URL): Door;
  /** @throws EgressError blocked_address. `address` is a literal: from the URL or from a resolver. */
  checkAddress(door: Door, address: string): void;
}

const standardPorts: readonly number[] = [80, 443];

const blockedNames = new Set([
  "localhost",
  "local",
  "internal",
  "localdomain",
  "metadata",
  "instance-data",
  "ip6-localhost",
  "ip6-loopback",
  "broadcasthost",
]);
const blockedSuffixes = [".localhost", ".local", ".internal", ".localdomain", ".home.arpa"];

function isBlockedName(host: string): boolean {
  return blockedNames.has(host) || blockedSuffixes.some((suffix) => host.endsWith(suffix));
}

/** Host names are compared without their one trailing dot: `localhost.` is `localhost`. */
function withoutDot(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

function literal(host: string): string | undefined {
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  return isIP(bare) === 0 ? undefined : bare;
}

/** `host:port` in the form URLs are compared in; undefined if it is not one. */
function normalEntry(entry: string): string | undefined {
  const match = /^(\[[\da-fA-F:.]+\]|[^\s:/@[\]*?#\\%]+):(\d{1,5})$/.exec(entry.trim());
  const [, host = "", port = ""] = match ?? [];
  if (!match || Number(port) < 1 || Number(port) > 65_535 || !URL.canParse(`http://${host}/`)) return undefined;
  const parsed = new URL(`http://${host}/`);
  return `${withoutDot(parsed.hostname)}:${Number(port)}`;
}

/**
 * @param allow exact `host:port` pairs that may be reached although they are private
 * @param hosts if given, the only hosts that may be reached (without ports)
 * @param ports open for public addresses
 */
export function createPolicy(
  allow: readonly string[],
  hosts?: readonly string[],
  ports: readonly number[] = standardPorts,
): Policy {
  const allowed = new Set<string>();
  for (const entry of allow) {
    const normal = normalEntry(entry);
    if (!normal) throw new TypeError(`“${entry}” is not host:port`);
    allowed.add(normal);
  }
  const only = hosts && new Set(hosts.map((host) => withoutDot(host.toLowerCase())));

  return {
    checkAddress,
    checkUrl(url) {
      const tls = url.protocol === "https:";
      if (!tls && url.protocol !== "http:") {
        throw new EgressError("bad_url", `Only http and https addresses can be fetched, not “${url.protocol}”.`);
      }
      if (url.username || url.password) {
        throw new EgressError("bad_url", `The address of ${url.hostname} must not contain a user name or password.`);
      }
      const host = withoutDot(url.hostname);
      if (!host || host.startsWith(".") || host.endsWith(".") || host.includes("..")) {
        throw new EgressError("bad_url", "The address has no usable host name.");
      }
      const port = url.port ? Number(url.port) : tls ? 443 : 80;
      if (only && !only.has(host)) {
        throw new EgressError("blocked_address", `${host} is not one of the hosts this connection may reach.`);
      }
      const door: Door = { host, port, tls, allowed: allowed.has(`${host}:${port}`) };
      if (door.allowed) return door;
      const address = literal(host);
      if (address !== undefined) checkAddress(door, address);
      else if (isBlockedName(host)) {
        throw new EgressError(
          "blocked_address",
          `${host} is a name for this machine or its own network, which is not fetched from. ${operatorRemedy(door)}`,
        );
      }
      if (!ports.includes(port)) {
        throw new EgressError(
          "blocked_address",
          `Port ${port} of ${host} is closed to outgoing requests: only 80 and 443 are open. ${operatorRemedy(door)}`,
        );
      }
      return door;
    },
  };
}

function checkAddress(door: Door, address: string): void {
  if (door.allowed) return;
  const kind = classify(address);
  if (kind === "public") return;
  // The address itself is not shown: it would let anyone who may add a connection read the internal DNS.
  const what = literal(door.host) === undefined ? "resolves to" : "is";
  throw new EgressError(
    "blocked_address",
    `${door.host} ${what} an address that is not on the public internet (${kind}), which is not fetched from. ${operatorRemedy(door)}`,
  );
}

/** How the operator lets a request through that is refused. */
export function operatorRemedy(door: Door): string {
  return `If it is meant, the operator can allow it with EGRESS_ALLOW=${door.host}:${door.port}.`;
}
