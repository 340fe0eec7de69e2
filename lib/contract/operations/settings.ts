import { operation, type Operation } from "../operation.ts";
import { settingsPatch, wireSettings, wireSettingsUpdated } from "../settings.ts";
import { none, ok } from "./shared.ts";

/** The organization's settings. */

const providerSettings =
  "Each provider that connects through OAuth has `<prefix>CustomKeyEnabled`, `<prefix>ClientId`, `<prefix>ClientSecret` " +
  "and, where it has tenants, `<prefix>Tenant`, e.g. `googleDriveClientId`.";

export const getSettings = operation({
  id: "getSettings",
  method: "GET",
  path: "/v3/settings",
  tag: "Settings",
  access: "read",
  summary: "Get the organization's settings",
  description: `${providerSettings} Secrets are masked: dots and their last four characters.`,
  params: none,
  query: none,
  body: null,
  reply: ok(wireSettings, "The settings; null = not set"),
  errors: [],
  effect: false,
});

export const updateSettings = operation({
  id: "updateSettings",
  method: "PATCH",
  path: "/v3/settings",
  tag: "Settings",
  access: "connections",
  summary: "Change the organization's settings",
  description:
    `${providerSettings} Only what is named changes, all of it or nothing; null clears. A secret's own mask leaves it as ` +
    "it is. An OAuth app of your own is used for new connections; those there are keep the one they were made with.",
  params: none,
  query: none,
  body: settingsPatch,
  reply: ok(wireSettingsUpdated, "What was named, as it is now"),
  errors: [400, 403, 413, 415],
  effect: true,
});

export const settingsOperations: readonly Operation[] = [getSettings, updateSettings];
