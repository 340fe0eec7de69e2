import type { Endpoint, OAuth } from "../types.ts";

/** developers.notion.com/reference/changes-by-version */
export const notionVersion = "2026-03-11";

const under = (path: string): Endpoint => ({ base: "https://api.notion.com", path, variable: "NOTION_API_URL" });

/**
 * Notion's OAuth (developers.notion.com/guides/get-started/authorization): the client authenticates with Basic, the
 * token request is JSON, and refreshing gives a new refresh token. There are no scopes: what a connection may do is set
 * in the integration, and which pages it sees is chosen while consenting. PKCE is not documented; Notion takes its
 * parameters without complaint and a server that does check them gains from it, so it is sent.
 */
export const notionOAuth: OAuth = {
  kind: "oauth",
  variables: "NOTION",
  settings: "notion",
  issuer: null,
  authorize: under("/v1/oauth/authorize"),
  token: under("/v1/oauth/token"),
  api: under("/v1"),
  revoke: under("/v1/oauth/revoke"),
  scopes: [],
  pkce: true,
  clientAuth: "basic",
  tokenFormat: "json",
  tokenHeaders: { "notion-version": notionVersion },
  authorizeParams: { owner: "user" },
  keep: ["workspace_id", "workspace_name", "bot_id"],
  consent: {
    reads: [
      "The pages and databases you select, and everything inside them",
      "Your name and e-mail address, to show whose workspace is connected",
    ],
    never: ["Change, delete or add anything in Notion", "Read pages you do not select", "Read comments"],
    stop: "Notion → Settings → Connections → Disconnect",
  },
  setup: {
    where: "Notion developer portal",
    url: "https://www.notion.so/profile/integrations",
    steps: [
      "Create a new public integration (connection) in the workspace that shall own it.",
      "Add the redirect URI shown here, exactly as it is.",
      "Under Capabilities allow “Read content” and “Read user information including email addresses”; leave inserting and updating off.",
      "Copy the OAuth client ID and the OAuth client secret into the fields here.",
    ],
    caveats: [
      "Notion has no scopes: what the integration may do is set under its capabilities, and which pages it sees is chosen by the person who consents.",
      "An internal integration has no OAuth client; it must be a public one.",
      "In some workspaces an administrator has to approve an integration before members can use it.",
    ],
  },
};
