import { oauthAppProblem } from "./oauth-app.ts";
import { readOrigin } from "./redirect-origin.ts";

/**
 * The forms of the settings pages, checked in the browser before they are sent: what is wrong with a field, as a sentence.
 * Without a schema library, which would weigh a tenth of these pages.
 */

export interface OAuthAppInput {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly tenant?: string;
  readonly enabled: boolean;
}

export interface OriginInput {
  readonly origin: string;
}

type Problems<Input> = { readonly [Name in keyof Input]?: string | undefined };

/** `stored`: there is a secret already, which stays unless another one is entered. */
export function checkOAuthApp(stored: boolean): (input: OAuthAppInput) => Problems<OAuthAppInput> {
  return ({ clientId, clientSecret, tenant }) => ({
    clientId: clientId.trim() ? sentence(oauthAppProblem("clientId", clientId)) : "Enter the client id.",
    clientSecret: clientSecret?.trim()
      ? sentence(oauthAppProblem("clientSecret", clientSecret))
      : stored
        ? undefined
        : "Enter the client secret.",
    tenant: tenant?.trim() ? sentence(oauthAppProblem("tenant", tenant)) : undefined,
  });
}

export function checkOrigin({ origin }: OriginInput): Problems<OriginInput> {
  const read = readOrigin(origin);
  return { origin: "problem" in read ? sentence(read.problem) : undefined };
}

/** Beside a field it stands alone. */
function sentence(problem: string | undefined): string | undefined {
  return problem && problem.charAt(0).toUpperCase() + problem.slice(1);
}
