import { generateRandomCodeVerifier } from "oauth4webapi";
import { newId } from "#lib/contract/ids.ts";
import { Failure, type Connector } from "#lib/connectors/types.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { env } from "#lib/env.ts";
import { vault, type Place } from "#lib/vault/seal.ts";
import { appFor, isOAuth, type AppCredentials, type OAuthConnector } from "./apps.ts";
import { authorizeLink } from "./authorize-link.ts";
import { browserHash } from "./browser-cookie.ts";
import * as repo from "./flow-repo.ts";
import { hashOf, newToken, pageTokenOf } from "./flow-tokens.ts";
import { callbackUrl } from "./redirect.ts";

/** The beginning every flow has: its row, and the address at the provider. */

export type Origin = "console" | "api" | "link";

export interface Begun {
  readonly connectionId: string;
  /** where the person's browser has to go */
  readonly authLink: string;
  /** for people: "10 minutes" */
  readonly expiresIn: string;
}

/** A flow that is not stored yet. */
export interface PreparedFlow extends Begun {
  /** Stores it, in the caller's transaction. @throws AppError rate_limited */
  store(tx: Prisma.TransactionClient): Promise<void>;
}

export interface FlowPlan {
  readonly organizationId: string;
  readonly connectionId: string;
  readonly reconnect: boolean;
  readonly origin: Origin;
  /** `key:<id>`, `user:<id>` or `link:<id>` */
  readonly actor: string;
  /** the cookie of the browser that begins it; undefined only where a program does (api) */
  readonly browser: string | undefined;
  readonly redirectUrl: string | null;
  /** what the connection is to be */
  readonly input: Prisma.InputJsonObject;
}

/** Flows of one connection an hour. Whoever has a link or a page can begin without a key, and each leaves rows. */
const mostPerHour = 100;

/** @throws AppError invalid_request for a connector without OAuth */
export function requireOAuth(connector: Connector): OAuthConnector {
  if (isOAuth(connector)) return connector;
  throw new AppError("invalid_request", `${connector.name} is connected by its settings, not by consent.`);
}

/** @throws AppError invalid_request when nobody has set the provider up, or its app's secret does not open */
export async function prepareFlow(connector: OAuthConnector, plan: FlowPlan): Promise<PreparedFlow> {
  const app = await requireApp(plan.organizationId, connector);
  const { browser } = plan;
  if (plan.origin !== "api" && browser === undefined) throw new Error("a flow in a browser is bound to that browser");
  const { auth } = connector;
  const id = newId();
  const state = newToken();
  const verifier = auth.pkce ? generateRandomCodeVerifier() : null;
  const redirectUri = callbackUrl(connector.id);
  const seconds = env().OAUTH_STATE_TTL_S;
  const input = { clientId: app.clientId, tenant: app.tenant, redirectUri, state, verifier };
  return {
    connectionId: plan.connectionId,
    authLink: await authorizeLink(auth, input),
    expiresIn: inWords(seconds),
    store: async (tx) => {
      if ((await repo.countRecent(tx, plan.organizationId, plan.connectionId)) >= mostPerHour) throw tooOften();
      await repo.create(tx, {
        id,
        organizationId: plan.organizationId,
        connectionId: plan.connectionId,
        provider: connector.id,
        reconnect: plan.reconnect,
        origin: plan.origin,
        actor: plan.actor,
        stateHash: hashOf("state", state),
        browserHash: browser === undefined ? null : browserHash(browser),
        pageHash: hashOf("page", pageTokenOf(state)),
        verifier: verifier === null ? null : vault().seal(verifier, flowPlace(id, plan.organizationId, "verifier")),
        clientId: app.clientId,
        redirectUri,
        redirectUrl: plan.redirectUrl,
        input: plan.input,
        expiresAt: await databaseTime(tx, seconds),
      });
    },
  };
}

/** Where a flow's sealed parts live. */
export function flowPlace(flowId: string, organizationId: string, column: "verifier" | "code"): Place {
  return { table: "connect_flows", column, rowId: flowId, organizationId };
}

async function requireApp(organizationId: string, connector: OAuthConnector): Promise<AppCredentials> {
  try {
    const app = await appFor(organizationId, connector);
    if (app) return app;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new AppError("invalid_request", error.message, { details: error.fix, cause: error });
  }
  throw notSetUp(connector);
}

function tooOften(): AppError {
  return new AppError("rate_limited", "This was begun too often.", {
    details: "Wait an hour, then try again.",
    retryAfterSeconds: 3_600,
  });
}

/** Says who has to do what, and where. */
function notSetUp({ id, name, auth }: OAuthConnector): AppError {
  return new AppError("invalid_request", `${name} is not set up on this server yet.`, {
    details:
      `An owner or admin has to enter an OAuth app for it at ${env().APP_URL}/settings/oauth/${id}, ` +
      `or the operator has to set ${auth.variables}_CLIENT_ID and ${auth.variables}_CLIENT_SECRET.`,
  });
}

function inWords(seconds: number): string {
  const [amount, unit] =
    seconds % 3_600 === 0
      ? [seconds / 3_600, "hour"]
      : seconds % 60 === 0
        ? [seconds / 60, "minute"]
        : [seconds, "second"];
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}
