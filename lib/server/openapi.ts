import { allConnectors } from "#lib/connections/registry.ts";
import { env } from "#lib/env.ts";
import { openApiDocument, type OpenApiDocument } from "./openapi/document.ts";

let cached: string | undefined;

/** This server's own description of its API. */
export function thisApi(): OpenApiDocument {
  return openApiDocument({ appUrl: env().APP_URL, connectors: allConnectors() });
}

/** The same as JSON; written once, because nothing in it changes while the process lives. */
export function thisApiAsJson(): string {
  return (cached ??= JSON.stringify(thisApi()));
}
