import type { Connector } from "#lib/connectors/types.ts";
import type { JsonSchema } from "./json-schema.ts";

/** The fields of /v3/settings that are the connectors' matter: an OAuth app of the organization's own, per provider. */

/** @param connectors those that connect through OAuth add three or four fields each; the others none */
export function oauthSettings(
  connectors: readonly Connector[],
  use: "request" | "reply",
): Readonly<Record<string, JsonSchema>> {
  const text = { type: ["string", "null"] };
  const asked = use === "request";
  const fields = connectors.flatMap(({ name, auth }): [string, JsonSchema][] => {
    if (auth.kind !== "oauth") return [];
    const prefix = auth.settings;
    return [
      [
        `${prefix}CustomKeyEnabled`,
        { type: ["boolean", "null"], description: `${name}: new connections use an OAuth app of yours.` },
      ],
      [`${prefix}ClientId`, { ...text, description: `${name}: its client id.` }],
      [
        `${prefix}ClientSecret`,
        {
          ...text,
          description: asked
            ? `${name}: its client secret. It is sealed and never shown again; its mask leaves it as it is.`
            : `${name}: its client secret, masked: dots and the last four characters.`,
          ...(asked && { format: "password" }),
        },
      ],
      ...(auth.tenant
        ? [[`${prefix}Tenant`, { ...text, description: `${name}: ${auth.tenant.label}.` }] as [string, JsonSchema]]
        : []),
    ];
  });
  return Object.fromEntries(fields);
}
