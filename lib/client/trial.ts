import type { Trial } from "#lib/contract/reference-view.ts";

/** A request that a reader of the reference tries, from what they typed. */

export interface TrialValues {
  readonly key: string;
  /** by name */
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: string;
  readonly file: File | null;
}

export type TrialRequest =
  | { readonly kind: "request"; readonly url: string; readonly init: RequestInit }
  | { readonly kind: "problem"; readonly message: string };

export interface TrialReply {
  readonly status: number;
  readonly statusText: string;
  readonly milliseconds: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Longer replies are cut when they are shown. */
const shownCharsMax = 200_000;

/** @returns the request, or in words why there is none */
export function trialRequest(trial: Trial, values: TrialValues): TrialRequest {
  if (!/^[\x21-\x7e]+$/.test(values.key)) return problem("Enter an API key.");
  const missing = trial.parameters.find(({ name, required }) => required && !values.parameters[name]);
  if (missing) return problem(`Enter ${missing.name}.`);
  const headers: Record<string, string> = { authorization: `Bearer ${values.key}` };
  const init: RequestInit = {
    method: trial.method,
    headers,
    // A key is what it is about: a session of the console must not come along.
    credentials: "omit",
    cache: "no-store",
  };
  const url = addressOf(trial, values);
  if (trial.body === null) return { kind: "request", url, init };
  const fields = parsed(values.body);
  if (fields === undefined) return problem("The body is not a JSON object.");
  if (trial.file) {
    if (!values.file) return problem("Choose a file.");
    return { kind: "request", url, init: { ...init, body: formOf(fields, values.file) } };
  }
  headers["content-type"] = "application/json";
  return { kind: "request", url, init: { ...init, body: JSON.stringify(fields) } };
}

/** Sends it and waits for the whole reply. @throws TypeError when there is none */
export async function tryRequest(url: string, init: RequestInit): Promise<TrialReply> {
  const begun = performance.now();
  const reply = await fetch(url, init);
  const text = await reply.text();
  const milliseconds = Math.round(performance.now() - begun);
  return {
    status: reply.status,
    statusText: reply.statusText,
    milliseconds,
    headers: [...reply.headers],
    body: readable(text),
  };
}

function problem(message: string): TrialRequest {
  return { kind: "problem", message };
}

function addressOf(trial: Trial, { parameters }: TrialValues): string {
  const path = trial.path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) =>
    encodeURIComponent(parameters[name] ?? ""),
  );
  const query = new URLSearchParams(
    trial.parameters.flatMap(({ name, in: place }) =>
      place === "query" && parameters[name] ? [[name, parameters[name]]] : [],
    ),
  );
  return query.size > 0 ? `${path}?${query}` : path;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.trim() === "" ? "{}" : text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function formOf(fields: Record<string, unknown>, file: File): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields))
    form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  form.append("file", file);
  return form;
}

function readable(text: string): string {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // shown as it came
  }
  return shown.length > shownCharsMax ? `${shown.slice(0, shownCharsMax)}\n… (cut here)` : shown;
}
