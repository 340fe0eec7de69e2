import { env } from "#lib/env.ts";
import type { HttpOptions } from "./types.ts";

/** How Tributary names itself to the servers it reads from. */
const userAgent = "Tributary/0.1";

/** What every Http of this installation shares: the operator's allow-list and pace of retries. Spread it and add your own. */
export function defaultHttpOptions(): Pick<HttpOptions, "allow" | "userAgent" | "retryBaseMs"> {
  const { EGRESS_ALLOW, RETRY_BASE_MS } = env();
  return { allow: EGRESS_ALLOW, userAgent, retryBaseMs: RETRY_BASE_MS };
}
