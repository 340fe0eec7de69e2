import type { ClaimedAddress } from "#lib/contract/claimed-address.ts";
import type { DoctorCheck } from "#lib/contract/oauth-app.ts";

/** What APP_URL alone, and the request of whoever looks, say about the way back from a provider. */

const loopback: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Providers send a code only to https addresses, and to this very machine. */
export function checkHttps(appUrl: string): DoctorCheck {
  const { protocol, hostname } = new URL(appUrl);
  const check = { id: "https", title: "Encryption of the way back" };
  if (protocol === "https:")
    return { ...check, state: "ok", detail: `APP_URL is ${appUrl}, so people come back by https.`, fix: null };
  if (loopback.includes(hostname))
    return {
      ...check,
      state: "ok",
      detail: `APP_URL is ${appUrl}: good for trying things out on this machine, where plain http is accepted.`,
      fix: "Before other people use it, put it behind https and set APP_URL to that address.",
    };
  return {
    ...check,
    state: "problem",
    detail: `APP_URL is ${appUrl}. Providers send people back to https addresses only, except to localhost.`,
    fix: "Put a proxy with a certificate in front, and set APP_URL to its https address.",
  };
}

/** Whether this server is reached under the name it believes to have. */
export function checkAddress(appUrl: string, claimed: ClaimedAddress | null): DoctorCheck {
  const check = { id: "address", title: "Address of this server" };
  const { host: expected, protocol } = new URL(appUrl);
  const seen = claimed?.forwardedHost ?? claimed?.host;
  if (!claimed || seen === undefined)
    return { ...check, state: "unknown", detail: "Your browser's request did not say how it came here.", fix: null };
  if (normal(seen, protocol) !== normal(expected, protocol)) {
    // A proxy that keeps the name to itself passes on the one it calls us by, which says nothing about people.
    if (claimed.proxied && claimed.forwardedHost === undefined)
      return {
        ...check,
        state: "unknown",
        detail: `Your proxy calls this server ${seen} and does not say which address people open.`,
        fix: `Compare the address in your browser with ${appUrl}. To have it checked here, let the proxy send X-Forwarded-Host.`,
      };
    return {
      ...check,
      state: "problem",
      detail: `You opened this page at ${seen}, but APP_URL is ${appUrl}: that is where providers send people back to.`,
      fix: "Set APP_URL to the address people open and restart, or open the console at APP_URL.",
    };
  }
  const scheme = claimed.forwardedProto?.toLowerCase();
  if (scheme !== undefined && `${scheme}:` !== protocol)
    return {
      ...check,
      state: "problem",
      detail: `Your proxy says that you came by ${scheme}, but APP_URL is ${appUrl}.`,
      fix:
        protocol === "https:"
          ? "Open the console by https and let the proxy redirect http there. If you did, correct its X-Forwarded-Proto."
          : "Set APP_URL to the https address and restart.",
    };
  return { ...check, state: "ok", detail: `You opened this page at ${expected}, as APP_URL says.`, fix: null };
}

/** The port of the scheme itself may be said or not. */
function normal(host: string, protocol: string): string {
  return host.toLowerCase().replace(protocol === "https:" ? /:443$/ : /:80$/, "");
}
