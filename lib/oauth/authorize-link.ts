import { calculatePKCECodeChallenge } from "oauth4webapi";
import type { OAuth } from "#lib/connectors/types.ts";
import { addressesOf } from "./endpoints.ts";

export interface AuthorizeInput {
  readonly clientId: string;
  /** the app's own; null = the operator's, else the provider's default */
  readonly tenant: string | null;
  readonly redirectUri: string;
  readonly state: string;
  /** PKCE; null for a provider that refuses it */
  readonly verifier: string | null;
}

/** The provider's authorize address (RFC 6749 4.1.1) with an S256 challenge (RFC 7636 4.3). */
export async function authorizeLink(auth: OAuth, input: AuthorizeInput): Promise<string> {
  const link = new URL(addressesOf(auth, input.tenant).authorize);
  const parameters: Readonly<Record<string, string>> = {
    ...auth.authorizeParams,
    response_type: "code",
    client_id: input.clientId,
    redirect_uri: input.redirectUri,
    ...(auth.scopes.length > 0 ? { scope: auth.scopes.map(({ name }) => name).join(" ") } : {}),
    state: input.state,
    ...(input.verifier === null
      ? {}
      : { code_challenge: await calculatePKCECodeChallenge(input.verifier), code_challenge_method: "S256" }),
  };
  for (const [name, value] of Object.entries(parameters)) link.searchParams.set(name, value);
  return link.href;
}
