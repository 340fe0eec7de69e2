import { defineConnector } from "../types.ts";
import { oneDriveChanges } from "./changes.ts";
import { checkDrive } from "./check.ts";
import { type OneDriveConfig, oneDriveConfig } from "./config.ts";
import { type OneDriveCursor, oneDriveCursor } from "./cursor.ts";
import { microsoft } from "./microsoft.ts";
import { readFile } from "./read.ts";
import { oneDriveResources } from "./resources.ts";
import { oneDriveWebhook } from "./webhook.ts";

/** OneDrive of personal, work and school accounts, through Microsoft Graph. */
export const oneDrive = defineConnector<OneDriveConfig, OneDriveCursor>({
  id: "onedrive",
  name: "OneDrive",
  summary: "Word, Excel, PowerPoint, PDF and text files of a personal or work account",
  noun: ["file", "files"],
  category: "drive",
  config: oneDriveConfig,
  settings: ["syncScope", "selection"],
  secrets: [],
  rescan: ["syncScope", "selection"],
  fields: {
    syncScope: {
      label: "What to sync",
      kind: "select",
      options: [
        { value: "full", label: "The whole OneDrive" },
        { value: "selected", label: "Folders and files I choose" },
      ],
    },
    selection: {
      label: "Folders and files",
      kind: "resources",
      help: "Everything in a chosen folder is synced, and what is added to it later.",
    },
  },
  auth: microsoft,
  cursor: oneDriveCursor,
  order: "marked",
  resources: oneDriveResources,
  webhook: oneDriveWebhook,
  // Files come from hosts that Graph names for each one, so any public host must do.
  hosts: () => undefined,
  // Microsoft publishes no rate to keep for one account; it says when to wait, and that is kept to.
  pace: () => ({ perSecond: 0, concurrency: 16 }),
  readers: 8,
  everyHours: 4,
  documentType: "onedrive",
  customId: (_config, id) => id,
  check: checkDrive,
  changes: oneDriveChanges,
  read: readFile,
});
