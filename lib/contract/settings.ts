import { z } from "zod";
import { redirectOriginsMax } from "./redirect-origin.ts";

/**
 * The settings of an organization. Beside the ones here there are four of each provider that connects through OAuth:
 * `<prefix>CustomKeyEnabled`, `<prefix>ClientId`, `<prefix>ClientSecret` and, where the provider has tenants,
 * `<prefix>Tenant`. Which prefixes there are is the registry's matter (lib/organizations/settings.ts).
 */

/** Fields of the protocol that this version knows but does not act on: they are null. */
export const unsupportedSettings = [
  "shouldLLMFilter",
  "filterPrompt",
  "includeItems",
  "excludeItems",
  "chunkSize",
  "workspacePrompt",
  "profileBuckets",
  "categories",
] as const;

const unsupported = z
  .null("is not supported by this server yet; only null is possible")
  .optional()
  .describe("Of the protocol: only null is possible here.");

export const settingsPatch = z
  .object({
    redirectOrigins: z
      .array(z.string("must be a text"), "must be a list of addresses")
      .max(redirectOriginsMax, `must not have more than ${redirectOriginsMax} entries`)
      .nullable()
      .optional()
      .describe("Ours: origins that end users may be sent back to without being asked first."),
    ...Object.fromEntries(unsupportedSettings.map((name) => [name, unsupported])),
  })
  .catchall(z.unknown());

/** The providers' fields are strings, booleans and null. */
export const wireSettings = z
  .object({
    redirectOrigins: z
      .array(z.string())
      .optional()
      .describe("Ours: origins that end users may be sent back to without being asked first."),
    ...Object.fromEntries(
      unsupportedSettings.map((name) => [name, z.null().optional().describe("Of the protocol: always null.")]),
    ),
  })
  .catchall(z.union([z.string(), z.boolean(), z.null()]));

export const wireSettingsUpdated = z.object({
  orgId: z.string().describe("The organization's id."),
  orgSlug: z.string().describe("Its name in addresses."),
  updated: wireSettings.describe("What was named, as it is now; secrets masked."),
});
