/** Names of providers as callers write them. Which of them work here is the registry's matter (lib/connectors/index.ts). */

/** Names the API's protocol knows although this version has no connector for them yet. */
export const plannedProviders: ReadonlyMap<string, string> = new Map([
  ["notion", "Notion"],
  ["google-drive", "Google Drive"],
  ["onedrive", "OneDrive"],
  ["gmail", "Gmail"],
  ["github", "GitHub"],
  ["granola", "Granola"],
]);

const aliases: ReadonlyMap<string, string> = new Map([["one-drive", "onedrive"]]);

/** The name we answer with for the name a caller wrote. */
export function canonicalProvider(name: string): string {
  return aliases.get(name) ?? name;
}
