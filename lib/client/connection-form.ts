import type { ConnectionView, JsonValue, ProviderView } from "#lib/contract/views.ts";

/** What a connection form holds at one moment, as the API would take it. */
export interface ConnectionFormValues {
  readonly name: string;
  readonly settings: Readonly<Record<string, JsonValue>>;
  readonly containerTags: readonly string[];
  /** undefined = not given; NaN is kept as text so that the server can say what is wrong */
  readonly documentLimit: number | undefined;
  readonly intervalSeconds: number | null;
}

/** What the form's controls hold, as they are typed. */
export interface ConnectionInputs {
  readonly name: string;
  readonly containerTags: string;
  readonly documentLimit: string;
  readonly intervalSeconds: string;
  /** by name of the setting; switches are true or false, everything else is text */
  readonly settings: Readonly<Record<string, string | boolean>>;
}

type Field = ProviderView["fields"][number];

/** Form control names: settings are prefixed, so that a setting called "name" cannot collide. */
export const settingName = (name: string) => `settings.${name}` as const;

/** One value of a control; undefined = left empty. */
function valueOf(field: Field, raw: string | boolean | undefined, asArray: boolean): JsonValue | undefined {
  if (field.kind === "switch") return raw === true;
  if (typeof raw !== "string") return undefined;
  const text = field.kind === "secret" ? raw : raw.trim();
  if (text === "") return undefined;
  if (field.kind === "number") return Number.isFinite(Number(text)) ? Number(text) : text;
  if (field.kind === "list") return asArray ? lines(text) : lines(text).join("\n");
  return text;
}

/** Most lists travel as text, a line each: metadata of the API holds plain values. */
function isArray(schema: JsonValue, name: string): boolean {
  const properties = at(schema, "properties");
  return at(at(properties, name), "type") === "array";
}

function at(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonValue>>)[name]
    : undefined;
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => (line.trim() ? [line.trim()] : []));
}

/** Tags are written apart by commas or spaces. */
export function parseTags(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

/**
 * What the inputs mean. `clear` (when editing) names settings that were set and are now empty: they become null, which takes
 * them away; without it empty settings are left out.
 */
export function readConnectionForm(
  inputs: Partial<ConnectionInputs>,
  provider: ProviderView,
  clear: readonly string[] = [],
): ConnectionFormValues {
  const text = (name: Exclude<keyof ConnectionInputs, "settings">) => (inputs[name] ?? "").trim();
  const settings: Record<string, JsonValue> = {};
  for (const field of provider.fields) {
    const value = valueOf(field, inputs.settings?.[field.name], isArray(provider.schema, field.name));
    if (value !== undefined) settings[field.name] = value;
    else if (clear.includes(field.name)) settings[field.name] = null;
  }
  const limit = text("documentLimit");
  const interval = text("intervalSeconds");
  return {
    name: text("name"),
    settings,
    containerTags: parseTags(text("containerTags")),
    documentLimit: limit === "" ? undefined : Number(limit),
    intervalSeconds: interval === "" ? null : Number(interval),
  };
}

/** What the form starts with: the connection being edited, or the provider's defaults. */
export function startValues(provider: ProviderView, connection?: ConnectionView): ConnectionFormValues {
  if (connection) {
    const derived = connection.name === connection.account?.label || connection.name === connection.providerName;
    return {
      name: derived ? "" : connection.name,
      settings: connection.settings,
      containerTags: connection.containerTags,
      documentLimit: connection.documentLimit,
      intervalSeconds: connection.intervalIsCustom ? connection.intervalSeconds : null,
    };
  }
  const settings: Record<string, JsonValue> = {};
  for (const field of provider.fields) {
    if ((field.kind === "switch" || field.kind === "select") && field.default !== null)
      settings[field.name] = field.default;
  }
  return { name: "", settings, containerTags: [], documentLimit: undefined, intervalSeconds: null };
}

/** A setting's value as the text of its control. */
export function controlText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * Brings the paths of server errors to the names of controls: `metadata.bucket` → `settings.bucket`,
 * `containerTags.3` → `containerTags`.
 */
export function controlFor(path: string): string {
  const [head = "", second] = path.split(".");
  if ((head === "metadata" || head === "settings") && second) return settingName(second);
  return head;
}
