/** What an example call sends. The printed code is made from it (curl.ts, typescript.ts, python.ts) and run in tests. */
export interface Example {
  /** of the path */
  readonly params?: Readonly<Record<string, ExampleText>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Readonly<Record<string, ExampleValue>>;
  /** the name of a file beside the program, uploaded as the part `file` */
  readonly file?: string;
  /** the method of the official TypeScript client and what it is called with, in order */
  readonly client?: { readonly method: string; readonly takes: readonly ("params" | "query" | "body" | "form")[] };
}

/** A text that is read from the environment: secrets, and ids that differ from installation to installation. */
export interface FromEnvironment {
  readonly variable: string;
}

export type ExampleText = string | FromEnvironment;

export type ExampleValue =
  ExampleText | number | boolean | null | readonly ExampleValue[] | { readonly [name: string]: ExampleValue };

export function fromEnvironment(variable: string): FromEnvironment {
  return { variable };
}

export function isFromEnvironment(value: unknown): value is FromEnvironment {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "variable";
}

/** The variable that holds the API key, in every example. */
export const keyVariable = "TRIBUTARY_API_KEY";

export const exampleLanguages = ["curl", "TypeScript", "Python"] as const;
export type ExampleLanguage = (typeof exampleLanguages)[number];

/** One example in all languages. */
export type PrintedExample = Readonly<Record<ExampleLanguage, string>>;

/** A call with everything that is needed to print it. */
export interface ExampleCall {
  /** the server, without a slash at the end */
  readonly origin: string;
  readonly method: string;
  /** with parameters in braces */
  readonly path: string;
  readonly reply: "json" | "text" | "nothing";
  readonly example: Example;
}

/** The pieces of an address: literal text, and what is filled in. Query included. */
export function addressOf({ path, example }: ExampleCall): readonly ExampleText[] {
  const pieces: ExampleText[] = [];
  for (const part of path.split(/(\{\w+\})/)) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const value = name === undefined ? part : (example.params?.[name] ?? `<${name}>`);
    const last = pieces.at(-1);
    if (typeof value === "string" && typeof last === "string") pieces[pieces.length - 1] = last + value;
    else if (value !== "") pieces.push(value);
  }
  const query = new URLSearchParams(Object.entries(example.query ?? {}).map(([name, value]) => [name, String(value)]));
  const text = query.size > 0 ? `?${query}` : "";
  const last = pieces.at(-1);
  if (typeof last === "string") pieces[pieces.length - 1] = last + text;
  else if (text) pieces.push(text);
  return pieces;
}
