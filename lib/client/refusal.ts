import type { FieldProblem } from "#lib/contract/errors.ts";
import { settle, type ActionResult } from "./result.ts";

/** A server action that did not do it: one sentence, the way out, and the fields it is about. */
export class Refusal extends Error {
  readonly fix: string | undefined;
  readonly fields: readonly FieldProblem[];
  constructor(message: string, fix: string | undefined, fields: readonly FieldProblem[]) {
    super(message);
    this.fix = fix;
    this.fields = fields;
  }
}

/** The value of a server action, for mutations: what is not ok is thrown as a Refusal, and nothing else is. */
export async function granted<Value>(call: Promise<ActionResult<Value>>, longestMs?: number): Promise<Value> {
  const reply = await settle(call, longestMs);
  if (reply.ok) return reply.value;
  throw new Refusal(reply.error, reply.fix, reply.fields);
}
