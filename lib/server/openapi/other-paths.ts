import type { OpenApiOperation, OpenApiResponse } from "./document.ts";

/**
 * Paths that no client calls with a key: where browsers come back from a provider, where providers tell of changes, and
 * addresses that carry their own permission. They have no schemas in the contract.
 */

const refused = (description: string) => ({
  description,
  content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } },
});
const provider = {
  name: "provider",
  in: "path",
  required: true,
  description: "The provider's name.",
  schema: { type: "string", examples: ["google-drive"] },
} as const;

const callback = (operationId: string, summary: string): OpenApiOperation => ({
  operationId,
  summary,
  description:
    "Where the provider sends the person's browser back to. Register this address with your OAuth app. It ends at the " +
    "connection's `redirectUrl`, or on a page of ours.",
  tags: ["Callbacks"],
  security: [],
  parameters: [
    provider,
    { name: "state", in: "query", required: true, description: "What the link said.", schema: { type: "string" } },
    { name: "code", in: "query", required: false, description: "What is exchanged.", schema: { type: "string" } },
    { name: "error", in: "query", required: false, description: "Why there is no code.", schema: { type: "string" } },
  ],
  responses: {
    "303": { description: "On to `redirectUrl`, or to a page of ours" },
    "503": { description: "To a browser that only looks ahead: the person's code works once" },
  },
});

/** Mail scanners and link checkers look before people do: that consumes nothing. */
const callbackPath = (operationId: string, summary: string, deprecated: boolean) => ({
  get: { ...callback(operationId, summary), deprecated },
  head: {
    ...callback(`${operationId}Head`, `${summary}: look only`),
    description: "Does nothing.",
    responses: { "200": { description: "Always" } },
    deprecated,
  },
});

const download = (operationId: string, summary: string, good: OpenApiResponse): OpenApiOperation => ({
  operationId,
  summary,
  description: "The address that `file-url` answered. It carries its own permission, for 24 hours.",
  tags: ["Documents"],
  security: [],
  parameters: [
    {
      name: "token",
      in: "path",
      required: true,
      description: "The permission: what the address ends with.",
      schema: { type: "string" },
    },
  ],
  responses: {
    "200": good,
    "400": refused("The address is not valid."),
    "404": refused("The address does not work, or not any more."),
    "500": refused("Something went wrong on our side."),
    "503": refused("Not available right now; `Retry-After` says when to try again."),
  },
});

export const otherPaths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>> = {
  "/v3/openapi.json": {
    get: {
      operationId: "getOpenApi",
      summary: "Get this description",
      description: "The OpenAPI 3.1 document of this server.",
      tags: ["About"],
      security: [],
      parameters: [],
      responses: {
        "200": {
          description: "The document",
          content: { "application/json": { schema: { type: "object", additionalProperties: true } } },
        },
      },
    },
  },
  "/v3/connections/auth/callback/{provider}": callbackPath("finishConnectFlow", "Come back from a provider", false),
  "/v3/connections/{provider}/callback": callbackPath(
    "finishConnectFlowBySuffix",
    "Come back from a provider (other form)",
    true,
  ),
  "/v3/webhooks/{provider}": {
    post: {
      operationId: "receiveWebhook",
      summary: "Hear of changes from a provider",
      description:
        "Notices only make a sync start earlier; nothing in them is believed. Each is checked by its channel's secret or " +
        "its signature.",
      tags: ["Callbacks"],
      security: [],
      parameters: [provider],
      responses: {
        "200": {
          description: "Taken, or a handshake's text sent back",
          content: { "text/plain": { schema: { type: "string" } } },
        },
        "400": refused("It is not what this provider sends."),
        "401": refused("Its signature or secret is wrong."),
        "404": refused("This provider sends nothing."),
        "413": refused("It is too large."),
        "500": refused("Something went wrong on our side."),
        "503": refused("Too many at once, or not available right now; `Retry-After` says when to try again."),
      },
    },
  },
  "/v3/files/{token}": {
    get: download("downloadFile", "Download an uploaded file", {
      description: "The file, byte for byte as it was uploaded, under its own name",
      content: { "*/*": { schema: {} } },
    }),
    head: download("downloadFileHead", "Look at an uploaded file's size and type", { description: "Headers alone" }),
  },
};
