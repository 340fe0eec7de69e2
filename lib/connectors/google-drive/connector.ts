import { defineConnector, type OAuth } from "../types.ts";
import { driveChanges } from "./changes.ts";
import { checkDrive } from "./check.ts";
import { driveConfig, type DriveConfig } from "./config.ts";
import { driveCursor, type DriveCursor } from "./cursor.ts";
import { readFile } from "./read.ts";
import { driveResources } from "./resources.ts";
import { driveWebhook } from "./webhook.ts";

const auth: OAuth = {
  kind: "oauth",
  variables: "GOOGLE",
  settings: "googleDrive",
  issuer: "https://accounts.google.com",
  authorize: {
    base: "https://accounts.google.com",
    path: "/o/oauth2/v2/auth",
    variable: "GOOGLE_AUTHORIZE_URL",
  },
  token: { base: "https://oauth2.googleapis.com", path: "/token", variable: "GOOGLE_TOKEN_URL" },
  revoke: { base: "https://oauth2.googleapis.com", path: "/revoke", variable: "GOOGLE_REVOKE_URL" },
  api: { base: "https://www.googleapis.com", path: "/drive/v3", variable: "GOOGLE_API_URL" },
  scopes: [
    { name: "https://www.googleapis.com/auth/drive.readonly", words: "See and download your Google Drive files" },
  ],
  pkce: true,
  clientAuth: "body",
  tokenFormat: "form",
  // Without both, Google gives no refresh token to somebody who has agreed before.
  authorizeParams: { access_type: "offline", prompt: "consent", include_granted_scopes: "false" },
  keep: [],
  consent: {
    reads: [
      "Names, owners and dates of the files you choose (or of all files you can open)",
      "The text of Docs, Sheets, Slides, PDFs and other documents among them",
      "Your e-mail address, to name the connection",
    ],
    never: ["Change, share or delete a file", "Read your mail, calendar or contacts"],
    stop: "Google Account → Security → Your connections to third-party apps & services",
  },
  setup: {
    where: "Google Cloud console",
    url: "https://console.cloud.google.com/apis/credentials",
    steps: [
      "Create a project, or choose one, and enable the Google Drive API in it.",
      "Under “Google Auth Platform”, name the app, choose who may use it (Internal for your own Workspace), and add the scope …/auth/drive.readonly.",
      "Create an OAuth client of type “Web application”.",
      "Add the redirect address shown here to its authorized redirect URIs, exactly as it is.",
      "Copy the client ID and the client secret into the form.",
    ],
    caveats: [
      "While the app is in testing, Google ends every grant after 7 days: publish it, or make it Internal.",
      "drive.readonly is a restricted scope: an app for people outside your Workspace needs Google's verification. Before that they see a warning, and at most 100 of them can connect.",
      "A Workspace administrator may have to trust the app before members can connect.",
    ],
  },
};

/** Google Drive: a person's own files, what others shared with them, and their shared drives. */
export const googleDrive = defineConnector<DriveConfig, DriveCursor>({
  id: "google-drive",
  name: "Google Drive",
  summary: "Docs, Sheets, Slides, PDFs and other files, from chosen folders or the whole drive",
  noun: ["file", "files"],
  category: "drive",
  config: driveConfig,
  settings: ["syncScope", "selection"],
  secrets: [],
  rescan: ["syncScope", "selection"],
  fields: {
    syncScope: {
      label: "What to sync",
      kind: "select",
      options: [
        { value: "selected", label: "Files and folders I choose" },
        { value: "full", label: "Everything the account can open" },
      ],
    },
    selection: {
      label: "Files and folders",
      kind: "resources",
      help: "Chosen after connecting. Folders bring everything below them, also what is added later.",
    },
  },
  auth,
  cursor: driveCursor,
  order: "marked",
  resources: driveResources,
  webhook: driveWebhook,
  hosts: () => [],
  // Half of what Google allows a whole project (12,000 requests a minute), and as many at once as it answers well.
  pace: () => ({ perSecond: 100, concurrency: 12 }),
  readers: 10,
  everyHours: 4,
  documentType: "text",
  customId: (_config, id) => `google-drive:${id}`,
  check: checkDrive,
  changes: driveChanges,
  read: readFile,
});
