import { EgressError } from "#lib/egress/types.ts";
import { Failure } from "../types.ts";
import type { Outcome } from "./fetch-page.ts";

/** A crawl or a check that cannot begin, in words: what happened, then what to do. */

const field = "metadata.startUrl";
const again = "Nothing was deleted. The next sync tries again; check that the site is up.";

/** @param error what asking for robots.txt or the start page threw */
export function unreachable(host: string, error: unknown): Failure {
  if (!(error instanceof EgressError)) throw error;
  const because = { cause: error, field };
  switch (error.kind) {
    case "blocked_address":
      return new Failure("blocked", error.message, {
        ...because,
        fix: `Only public addresses are fetched. For a site inside your own network the operator names its host and port in EGRESS_ALLOW.`,
      });
    case "bad_url":
      return new Failure("permanent", error.message, { ...because, fix: "Correct the address of the first page." });
    case "dns":
      return new Failure("transient", error.message, {
        ...because,
        fix: "Check the spelling of the host name. If it is right, its DNS does not answer at the moment.",
      });
    case "tls":
      return new Failure("transient", error.message, {
        ...because,
        fix: "The site's owner has to repair or renew its certificate.",
      });
    case "connect":
      return new Failure("transient", error.message, {
        ...because,
        fix: "Check the port in the address and that the site can be reached from this server.",
      });
    case "timeout":
      return new Failure("transient", error.message, {
        ...because,
        fix: "Check that the site is up and not behind a firewall that drops requests silently.",
      });
    case "throttled":
      return throttled(host, error.retryAfterSeconds, error);
    case "redirect":
      return new Failure("permanent", error.message, {
        ...because,
        fix: "Open the address in a browser and use the one you end at.",
      });
    default:
      return new Failure("transient", error.message, { ...because, fix: again });
  }
}

export function robotsUnreachable(host: string, detail: string, error: EgressError | null): Failure {
  // the host as a whole, not its robots.txt
  if (error && ["dns", "connect", "tls", "throttled", "bad_url"].includes(error.kind)) return unreachable(host, error);
  if (error?.kind === "blocked_address" && error.message.includes(host.replace(/\.?(?::\d+)?$/, "")))
    return unreachable(host, error);
  return new Failure("transient", `${detail} While it cannot be read, no page may be fetched (RFC 9309).`, {
    cause: error ?? undefined,
    field,
    fix: "Nothing was deleted. The next sync tries again; the site's owner should make robots.txt answer 200 or 404.",
  });
}

export function robotsForbids(address: string): Failure {
  return new Failure("denied", `robots.txt forbids fetching ${address}.`, {
    field,
    fix: "Choose a first page that is allowed, or ask the site's owner to allow TributaryBot.",
  });
}

/** The failure that a start page's outcome means, or null if a crawl can begin with it. */
export function startFailure(host: string, address: string, outcome: Outcome): Failure | null {
  switch (outcome.kind) {
    case "page":
    case "unchanged":
      return null;
    case "redirect":
      if (outcome.target) return null;
      return new Failure("permanent", `${address}: ${outcome.detail}`, {
        field,
        fix: "Use the address it redirects to as startUrl; a connection stays on one host.",
      });
    case "gone":
      return new Failure("missing", `${address} is not there (${outcome.status}).`, {
        field,
        fix: "Check the path of the address. Nothing was deleted.",
      });
    case "skip":
      return new Failure("permanent", `${address} cannot be the first page. ${outcome.detail}`, {
        field,
        fix: "Use the address of an HTML page.",
      });
    case "fail":
      if (outcome.reason === "denied")
        return new Failure("denied", `${address}: ${outcome.detail}`, {
          field,
          fix: "Only pages that need no login can be fetched. Choose a public page, or ask the owner to let TributaryBot in.",
        });
      if (outcome.trouble?.kind === "throttled")
        return throttled(host, outcome.trouble.retryAfterSeconds, outcome.trouble.error);
      if (outcome.trouble?.error) return unreachable(host, outcome.trouble.error);
      return new Failure("transient", `${address}: ${outcome.detail}`, { field, fix: again });
  }
}

export function throttled(host: string, seconds: number | undefined, cause: unknown): Failure {
  const until = seconds === undefined ? "" : ` for ${describeSeconds(seconds)}`;
  return new Failure("throttled", `${host} asks us to stay away${until} (too many requests).`, {
    fix: "Nothing was deleted. The sync goes on by itself after that; a longer delay between pages (delaySeconds) helps.",
    cause,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

function describeSeconds(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
