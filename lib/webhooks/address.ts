import { classify } from "#lib/egress/address.ts";
import { env } from "#lib/env.ts";

/** Where a provider sends its notices to. */
export function webhookAddress(provider: string): string {
  return `${env().APP_URL}/v3/webhooks/${encodeURIComponent(provider)}`;
}

/** Whether providers are asked for notices: they send them to public https addresses only. */
export function webhooksWanted(): boolean {
  return env().WEBHOOKS === "auto" && isPublic(new URL(env().APP_URL));
}

const privateName = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|test|invalid|example|home\.arpa)$/;

/** By its spelling alone: whether a name leads here from outside only the provider's first notice can tell. */
function isPublic({ protocol, hostname }: URL): boolean {
  if (protocol !== "https:") return false;
  if (hostname.startsWith("[") || /^[\d.]+$/.test(hostname)) return classify(hostname) === "public";
  return hostname.includes(".") && !privateName.test(hostname);
}
