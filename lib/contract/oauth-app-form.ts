import { boolean, check, minLength, object, optional, string, trim } from "zod/mini";
import { oauthAppProblem, type OAuthAppPart } from "./oauth-app.ts";
import { readOrigin } from "./redirect-origin.ts";

/** The forms of the settings pages, checked in the browser before they are sent (see console-forms.ts). */

/** A text that is there must be a possible one. */
const possible = (part: OAuthAppPart) =>
  check<string>(({ value, issues }) => {
    const problem = value.trim() === "" ? undefined : oauthAppProblem(part, value);
    if (problem) issues.push({ code: "custom", message: sentence(problem), input: value });
  });

/** Beside a field it stands alone. */
function sentence(problem: string): string {
  return problem.charAt(0).toUpperCase() + problem.slice(1);
}

const clientSecret = string().check(trim(), possible("clientSecret"));

/** `stored`: there is a secret already, which stays unless another one is entered. */
export const oauthAppForm = (stored: boolean) =>
  object({
    clientId: string().check(trim(), minLength(1, "Enter the client id."), possible("clientId")),
    clientSecret: optional(stored ? clientSecret : clientSecret.check(minLength(1, "Enter the client secret."))),
    tenant: optional(string().check(trim(), possible("tenant"))),
    enabled: boolean(),
  });

export const originForm = object({
  origin: string().check(
    trim(),
    check<string>(({ value, issues }) => {
      const read = readOrigin(value);
      if ("problem" in read) issues.push({ code: "custom", message: sentence(read.problem), input: value });
    }),
  ),
});
