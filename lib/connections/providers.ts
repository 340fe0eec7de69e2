import { z } from "zod";
import type { ConsentView, JsonValue, ProviderFieldView, ProviderView } from "#lib/contract/views.ts";
import type { Auth, Connector } from "#lib/connectors/types.ts";
import { env } from "#lib/env.ts";

/** Seconds between scheduled syncs unless the connection says otherwise. */
export function defaultInterval(connector: Connector): number {
  return env().SYNC_INTERVAL_S ?? Math.round(connector.everyHours * 3_600);
}

/** What a connector says about itself, as forms and documentation need it. */
export function providerView(
  connector: Connector,
  connections: number | null,
  ready: boolean,
  appRefused: boolean,
): ProviderView {
  const schema = settingsSchema(connector);
  return {
    id: connector.id,
    name: connector.name,
    summary: connector.summary,
    category: connector.category,
    noun: connector.noun,
    auth: connector.auth.kind,
    ready,
    appRefused,
    consent: consentView(connector.auth),
    fields: connector.settings.map((name) => fieldView(connector, name, schema)),
    schema: schema as unknown as JsonValue,
    defaultIntervalSeconds: defaultInterval(connector),
    previewsTags: connector.tagsOf !== undefined,
    connections,
  };
}

function consentView(auth: Auth): ConsentView | null {
  if (auth.kind !== "oauth") return null;
  return { ...auth.consent, scopes: auth.scopes };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: string; readonly default?: JsonValue }>>;
  readonly required?: readonly string[];
}

/** Of what a caller may send. Rules a schema cannot say (a regex that must compile) are left to parsing. */
function settingsSchema(connector: Connector): ObjectSchema {
  return z.toJSONSchema(connector.config, { io: "input", unrepresentable: "any" }) as ObjectSchema;
}

function fieldView(connector: Connector, name: string, schema: ObjectSchema): ProviderFieldView {
  const hint = connector.fields[name];
  const property = schema.properties?.[name];
  const secret = (connector.secrets as readonly string[]).includes(name);
  return {
    name,
    label: hint?.label ?? name,
    help: hint?.help ?? null,
    placeholder: hint?.placeholder ?? null,
    kind: hint?.kind ?? (secret ? "secret" : kindOf(property?.type)),
    options: hint?.options ?? [],
    group: hint?.group ?? "main",
    required: schema.required?.includes(name) ?? false,
    secret,
    default: property?.default ?? null,
  };
}

function kindOf(type: string | undefined): ProviderFieldView["kind"] {
  if (type === "boolean") return "switch";
  if (type === "array") return "list";
  return type === "number" || type === "integer" ? "number" : "text";
}
