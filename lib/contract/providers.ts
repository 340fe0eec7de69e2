/** Names of providers as callers write them. Which of them work here is the registry's matter (lib/connectors/index.ts). */

/** Names the API's protocol knows although this version has no connector for them yet. */
export const plannedProviders: ReadonlyMap<string, string> = new Map([
  ["gmail", "Gmail"],
  ["github", "GitHub"],
  ["granola", "Granola"],
]);

/**
 * Beginnings of the settings' names that the protocol knows (`githubClientId`, …) and the provider they are about. Those
 * of connectors we have are the connectors' own matter (`auth.settings`).
 */
export const settingsPrefixes: ReadonlyMap<string, string> = new Map([
  ["notion", "notion"],
  ["googleDrive", "google-drive"],
  ["onedrive", "onedrive"],
  ["github", "github"],
]);

const aliases: ReadonlyMap<string, string> = new Map([["one-drive", "onedrive"]]);

/** The name we answer with for the name a caller wrote. */
export function canonicalProvider(name: string): string {
  return aliases.get(name) ?? name;
}
