import { z } from "zod";
import { redirectOriginsMax } from "./redirect-origin.ts";

/**
 * The settings of an organization. Beside the ones here there are four of each provider that connects through OAuth:
 * `<prefix>CustomKeyEnabled`, `<prefix>ClientId`, `<prefix>ClientSecret` and, where the provider has tenants,
 * `<prefix>Tenant`. Which prefixes there are is the registry's matter (lib/organizations/settings.ts).
 */

const noModel = "this server runs no language model";

/**
 * Fields of the protocol this server has no use for, and what to do instead. They are null; anything else is refused
 * with these words, because somebody who sets one expects something to happen.
 */
export const settingsWithoutUse: Readonly<Record<string, string>> = {
  shouldLLMFilter: `${noModel} that could filter; choose what is read in the settings of each connection`,
  filterPrompt: `${noModel} that could filter; choose what is read in the settings of each connection`,
  includeItems:
    "what is read is chosen in the settings of each connection (folders, prefixes, pages), not for all of them",
  excludeItems:
    "what is read is chosen in the settings of each connection (folders, prefixes, pages), not for all of them",
  workspacePrompt: `${noModel} that could read a prompt; keep it in the application that asks one`,
  profileBuckets: `${noModel} that could build profiles; keep facts as documents and find them by container tag`,
  categories: `${noModel} that could sort documents; give them metadata and filter by it`,
};

const useless = (name: string): string => `must be null: ${settingsWithoutUse[name]}`;

/** Tokens a chunk should have. */
export const chunkSizes = { least: 256, most: 2_048 } as const;

const possibleSizes = `must be a whole number from ${chunkSizes.least} to ${chunkSizes.most.toLocaleString("en")}, or -1 or null for the default`;

/** -1 is the protocol's word for the default. */
const chunkSize = z
  .union(
    [
      z.literal(-1),
      z.number().int(possibleSizes).min(chunkSizes.least, possibleSizes).max(chunkSizes.most, possibleSizes),
    ],
    possibleSizes,
  )
  .nullable();

export const settingsPatch = z
  .object({
    redirectOrigins: z
      .array(z.string("must be a text"), "must be a list of addresses")
      .max(redirectOriginsMax, `must not have more than ${redirectOriginsMax} entries`)
      .nullable()
      .optional()
      .describe("Ours: origins that end users may be sent back to without being asked first."),
    chunkSize: chunkSize
      .optional()
      .describe("Tokens a chunk should have; a change has every document indexed anew. -1 or null: the default, 256."),
    ...Object.fromEntries(
      Object.keys(settingsWithoutUse).map((name) => [
        name,
        z.null(useless(name)).optional().describe(`Of the protocol: only null, because ${settingsWithoutUse[name]}.`),
      ]),
    ),
    // false is what happens anyway
    shouldLLMFilter: z
      .literal(false, `must be false or null: ${settingsWithoutUse["shouldLLMFilter"]}`)
      .nullish()
      .describe(`Of the protocol: only false or null, because ${settingsWithoutUse["shouldLLMFilter"]}.`),
  })
  .catchall(z.unknown());

/** The providers' fields are strings, booleans and null. */
export const wireSettings = z
  .object({
    redirectOrigins: z
      .array(z.string())
      .optional()
      .describe("Ours: origins that end users may be sent back to without being asked first."),
    chunkSize: z.number().nullable().optional().describe("Tokens a chunk should have; null = the default, 256."),
    ...Object.fromEntries(
      Object.keys(settingsWithoutUse).map((name) => [
        name,
        z.null().optional().describe("Of the protocol: always null."),
      ]),
    ),
    shouldLLMFilter: z.literal(false).nullish().describe("Of the protocol: false or null."),
  })
  .catchall(z.union([z.string(), z.boolean(), z.null()]));

export const wireSettingsUpdated = z.object({
  orgId: z.string().describe("The organization's id."),
  orgSlug: z.string().describe("Its name in addresses."),
  updated: wireSettings.describe("What was named, as it is now; secrets masked."),
});
