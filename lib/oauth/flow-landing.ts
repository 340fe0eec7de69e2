import type { FlowError } from "#lib/contract/connect-page.ts";
import { env } from "#lib/env.ts";
import { failureOfStanding } from "./flow-errors.ts";
import type { Flow } from "./flow-repo.ts";
import { isAllowed, isListed, withResult } from "./redirect.ts";

/** Where the person of a flow belongs now. The callback and all of our pages send them there, so none can disagree. */
export function landingOf(flow: Flow, pageToken: string): string {
  const page = (name: string) => `${env().APP_URL}/connect/${name}/${pageToken}`;
  switch (flow.standing) {
    case "confirming":
      return page("confirm");
    case "choosing":
      return flow.origin === "console" ? connectionPage(flow) : page("choose");
    case "done":
      return whenDone(flow) ?? page("result");
    case "expired":
    case "failed": {
      const failure = failureOfStanding(flow);
      return (failure && whenFailed(flow, failure)) ?? page("result");
    }
    default:
      return page("result");
  }
}

function whenDone(flow: Flow): string | undefined {
  if (flow.origin === "console") return connectionPage(flow);
  // The person has seen the address and gone on, or it is trusted, or the operator asks nobody.
  if (flow.redirectUrl === null || !isAllowed(flow.redirectUrl)) return undefined;
  return withResult(flow.redirectUrl, { connectionId: flow.connectionId, provider: flow.provider });
}

/** Nobody was asked about the address yet, so only a trusted one gets the person back by itself. */
function whenFailed(flow: Flow, { error, message }: { error: FlowError; message: string }): string | undefined {
  if (flow.origin === "console" || flow.redirectUrl === null) return undefined;
  if (!isListed(flow.redirectUrl, flow.organization.redirectOrigins)) return undefined;
  return withResult(flow.redirectUrl, { error, error_description: message });
}

function connectionPage(flow: Flow): string {
  return `${env().APP_URL}/connections/${flow.connectionId}?just=${flow.reconnect ? "reconnected" : "connected"}`;
}

/** Whether the person is asked on our page before the code is exchanged (docs/decisions/0016). */
export function asksFirst(flow: Flow): boolean {
  if (flow.origin !== "api") return false;
  const mode = env().OAUTH_CONFIRM;
  if (mode !== "untrusted") return mode === "always";
  return flow.redirectUrl === null || !isListed(flow.redirectUrl, flow.organization.redirectOrigins);
}
