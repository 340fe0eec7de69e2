import type { PrintedExample } from "./examples/example.ts";

/** What the reference page shows. Plain JSON. */

export interface ReferenceView {
  /** this server's address, without a slash at the end */
  readonly origin: string;
  readonly groups: readonly ReferenceGroup[];
  readonly older: readonly OlderPath[];
}

export interface ReferenceGroup {
  readonly tag: string;
  readonly description: string;
  readonly operations: readonly ReferenceOperation[];
}

export interface ReferenceOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** what the key needs */
  readonly scope: string;
  /** a key for one container may use it */
  readonly contained: boolean;
  /** ours, not part of the protocol */
  readonly extension: boolean;
  /** takes an Idempotency-Key */
  readonly idempotent: boolean;
  /** known, and not what this server does */
  readonly absent: boolean;
  readonly parameters: readonly ReferenceField[];
  readonly body: { readonly type: string; readonly fields: readonly ReferenceField[] } | null;
  readonly reply: {
    readonly status: number;
    readonly description: string;
    readonly type: string;
    readonly fields: readonly ReferenceField[];
  };
  readonly errors: readonly { readonly status: number; readonly meaning: string }[];
  readonly example: PrintedExample | null;
  readonly trial: Trial | null;
}

/** A line of a table of fields. */
export interface ReferenceField {
  readonly name: string;
  /** 0 = of the body itself */
  readonly depth: number;
  /** "" = this line only names an alternative: the fields below it belong together */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** "1 to 100 characters", "default `10`" */
  readonly limits: readonly string[];
}

/** What “Try it” asks for and sends. */
export interface Trial {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly TrialParameter[];
  /** JSON to begin with; null = it has no body */
  readonly body: string | null;
  /** it is a form with a file; `body` has its other fields */
  readonly file: boolean;
  /** it changes something: asked about before it is sent */
  readonly effect: boolean;
}

export interface TrialParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly example: string;
}

/** An older path that does the same as another operation. */
export interface OlderPath {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  /** id of the operation to use instead; null = there is none */
  readonly instead: string | null;
}
