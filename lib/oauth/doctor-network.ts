import type { Connector } from "#lib/connectors/types.ts";
import type { DoctorCheck } from "#lib/contract/oauth-app.ts";
import { defaultHttpOptions } from "#lib/egress/defaults.ts";
import { createHttp } from "#lib/egress/http.ts";
import { EgressError, type Http } from "#lib/egress/types.ts";
import { appAccepted, appFailed } from "./app-verdict.ts";
import { oauthOf, type AppCredentials } from "./apps.ts";
import { addressesOf, allowedByOperator } from "./endpoints.ts";
import { TokenError, tryCredentials } from "./token-endpoint.ts";

/** What only the provider's servers can say. Every question is harmless, asked once, and given up after 6 s. */

const patienceMs = 6_000;

/** Whether this server reaches each of the provider's addresses: any answer that is no fault counts. */
export async function checkReach(connector: Connector, tenant: string | null): Promise<readonly DoctorCheck[]> {
  const auth = oauthOf(connector);
  const { authorize, token, api } = addressesOf(auth, tenant);
  const { allow, ...others } = defaultHttpOptions();
  const http = createHttp({
    ...others,
    allow: [...allow, ...allowedByOperator(auth)],
    hosts: [authorize, token, api].map((address) => new URL(address).hostname),
    signal: AbortSignal.timeout(patienceMs),
  });
  try {
    return await Promise.all([
      reach(http, "authorize", `${connector.name}’s sign-in page`, authorize),
      reach(http, "token", `${connector.name}’s token service`, token),
      reach(http, "api", `${connector.name}’s API`, api),
    ]);
  } finally {
    await http.close();
  }
}

async function reach(http: Http, id: string, title: string, address: string): Promise<DoctorCheck> {
  const { host } = new URL(address);
  try {
    const reply = await http.request(address, { retries: 0, connectTimeoutMs: patienceMs });
    await reply.discard().catch(() => {});
    if (reply.status < 500) return { id, title, state: "ok", detail: `${host} answers.`, fix: null };
    return {
      id,
      title,
      state: "problem",
      detail: `${host} answers with an error of its own (${reply.status}).`,
      fix: "Wait a while and check again; the provider may have an outage.",
    };
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    const given = error.kind === "aborted" || error.kind === "timeout";
    return {
      id,
      title,
      state: "problem",
      detail: given ? `${host} did not answer within ${patienceMs / 1_000} seconds.` : error.message,
      fix:
        error.kind === "blocked_address"
          ? "The address is private: allow it with EGRESS_ALLOW, or correct the provider's address in the configuration."
          : "Check that this server may open connections to it: firewall, DNS, and the provider's address in the configuration.",
    };
  }
}

/**
 * Whether the provider knows client id and secret; its verdict is remembered. `used`: it has given tokens for them since
 * they were entered.
 */
export async function checkClient(
  organizationId: string,
  connector: Connector,
  app: AppCredentials | null,
  used: boolean,
): Promise<DoctorCheck> {
  const check = { id: "client", title: "Client id and secret" };
  if (!app)
    return { ...check, state: "unknown", detail: "There is no OAuth app yet.", fix: "Enter client id and secret." };
  const whose = app.source === "organization" ? "Your own app" : "The operator’s app";
  try {
    await tryCredentials(connector, app);
    if (oauthOf(connector).judgesTokenFirst && !used)
      return {
        ...check,
        state: "unknown",
        detail: `${connector.name} did not object to them, but it may not have looked at them. This shows when the first account is connected.`,
        fix: null,
      };
    // Else it is the made-up token that was judged, not the secret.
    if (!oauthOf(connector).judgesTokenFirst) await appAccepted(organizationId, connector.id, app);
    return { ...check, state: "ok", detail: `${whose} is known to ${connector.name}.`, fix: null };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    await appFailed(organizationId, connector.id, app, error);
    if (error.kind === "invalid_client")
      return {
        ...check,
        state: "problem",
        detail: `${connector.name} does not accept the client id “${app.clientId}” with its secret.`,
        fix:
          app.source === "organization"
            ? "Copy both again from the provider. A secret may have expired, or belong to another app."
            : "Ask the operator to check the server’s variables. A secret may have expired, or belong to another app.",
      };
    // No verdict about the credentials: the provider said something else, or nothing.
    if (error.kind === "refused") return { ...check, state: "unknown", detail: error.message, fix: null };
    return {
      ...check,
      state: error.kind === "unreachable" ? "unknown" : "problem",
      detail: error.message,
      fix: error.fix,
    };
  }
}
