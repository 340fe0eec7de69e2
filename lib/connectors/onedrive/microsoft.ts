import type { OAuth } from "../types.ts";

const signIn = "https://login.microsoftonline.com";

/** How Microsoft's identity platform differs from the standard, and what people are told about it. */
export const microsoft: OAuth = {
  kind: "oauth",
  variables: "MICROSOFT",
  settings: "onedrive",
  // It is another one in every tenant, so there is none to compare with.
  issuer: null,
  authorize: { base: signIn, path: "/{tenant}/oauth2/v2.0/authorize", variable: "MICROSOFT_AUTHORIZE_URL" },
  token: { base: signIn, path: "/{tenant}/oauth2/v2.0/token", variable: "MICROSOFT_TOKEN_URL" },
  api: { base: "https://graph.microsoft.com", path: "/v1.0", variable: "MICROSOFT_GRAPH_URL" },
  scopes: [
    { name: "offline_access", words: "Stay connected, so that it syncs while you are away" },
    { name: "Files.Read", words: "Read your files" },
    { name: "User.Read", words: "See your name and e-mail address" },
  ],
  pkce: true,
  clientAuth: "body",
  tokenFormat: "form",
  // A malformed token is refused as such (AADSTS9002313, invalid_grant), whoever sends it.
  judgesTokenFirst: true,
  authorizeParams: { prompt: "select_account" },
  tenant: {
    fallback: "common",
    variable: "MICROSOFT_TENANT",
    label: "Tenant",
    help: "common for all accounts, organizations for work and school, consumers for personal ones, or your tenant's id.",
  },
  keep: [],
  consent: {
    reads: ["The files in your OneDrive, or in the folders you choose", "Your name and e-mail address"],
    never: ["Change, move or delete a file", "Share anything", "Read files that others have shared with you"],
    stop: "Personal account: account.microsoft.com → Privacy → Apps and services. Work account: myapps.microsoft.com → Manage your apps → Revoke permissions.",
  },
  setup: {
    where: "Microsoft Entra admin center",
    url: "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
    steps: [
      "App registrations → New registration. Supported account types: accounts in any organizational directory and personal Microsoft accounts.",
      "Redirect URI: platform Web, with the address shown here, to the letter.",
      "API permissions → Microsoft Graph → Delegated permissions: offline_access, Files.Read, User.Read.",
      "Certificates & secrets → New client secret. Copy its value (not its id) at once: it is shown only there.",
      "Enter the application (client) id and the secret's value here.",
    ],
    caveats: [
      "Account types: an app for a single tenant refuses everybody else. For work and personal accounts together the app must allow both, and the tenant here must be common.",
      "Admin consent: an organization may let only administrators approve apps. Its people then see “Need admin approval”, and an administrator has to grant consent to the app once.",
      "Client secrets expire after at most 24 months. Syncs then fail until a new one is entered.",
      "A refresh token ends after 90 days without use, after a password reset or when an administrator revokes it. The connection then says that it needs to be reconnected.",
      "Microsoft has no way to end a grant from here: deleting a connection forgets its tokens, and the person can remove the app in their account.",
    ],
  },
};
