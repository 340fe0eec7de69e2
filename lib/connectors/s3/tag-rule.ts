import { RE2JS } from "re2js";
import { containerTagPattern } from "#lib/contract/container-tag.ts";
import { printableKey } from "#lib/contract/key.ts";
import type { SkipReason } from "../types.ts";

/**
 * Which container tag a key gives. The expression is the customer's, the keys are their users': it runs on a
 * linear-time engine, and what it captures is used only if it is a legal tag.
 */

/** "connection": the connection's own tags · "skip": left out · "hold": left out and listed until a person decides */
export type Unmatched = "connection" | "skip" | "hold";

export interface TagVerdict {
  /** absent with no `skip`: the connection's own tags */
  readonly tags?: readonly string[];
  readonly skip?: SkipReason;
  readonly why?: string;
}

export type TagRule = (key: string) => TagVerdict;

/** Longest expression, exclusive. */
export const maxExpressionLength = 200;
/** Bounds the work per character of a key; 200 characters of ordinary expression stay far below. */
const maxProgramSize = 600;

/** @returns why the expression is refused, or undefined */
export function refuseExpression(expression: string): string | undefined {
  const compiled = compile(expression);
  return typeof compiled === "string" ? compiled : undefined;
}

function compile(expression: string): RE2JS | string {
  if (expression.length >= maxExpressionLength) {
    return `must be shorter than ${maxExpressionLength} characters; it has ${expression.length}`;
  }
  if (!expression.isWellFormed() || expression.includes("\u0000")) return "must be plain text";
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(expression);
  } catch (error) {
    return explainSyntax(expression, error);
  }
  if (!Object.hasOwn(regex.namedGroups(), "userId")) {
    return "must have a group named userId, e.g. users/(?<userId>[^/]+)/";
  }
  if (regex.programSize() > maxProgramSize) return "is too complex: use smaller repeat counts";
  return regex;
}

function explainSyntax(expression: string, error: unknown): string {
  const cause =
    error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "not a regular expression";
  if (/\(\?<?[=!]/.test(expression)) return `must not use look-ahead or look-behind (${cause})`;
  if (/\\[1-9]|\\k</.test(expression)) return `must not use back-references (${cause})`;
  return `is not a regular expression we can run: ${cause}`;
}

/** The rule of a connection. Without an expression every key takes the connection's own tags. */
export function tagRule(expression: string | undefined, unmatched: Unmatched): TagRule {
  if (!expression) return () => own;
  const regex = compile(expression);
  if (typeof regex === "string") throw new TypeError(`containerTagRegex ${regex}`);
  return (key) => {
    const matcher = regex.matcher(key);
    if (!matcher.find()) return noMatch(unmatched);
    const captured = matcher.group("userId");
    if (captured && containerTagPattern.test(captured)) return { tags: [captured] };
    return illegal(captured ?? "", unmatched);
  };
}

const own: TagVerdict = {};

function noMatch(unmatched: Unmatched): TagVerdict {
  if (unmatched === "connection") return own;
  if (unmatched === "skip") return { skip: "filtered", why: "The key does not match containerTagRegex." };
  return { skip: "held", why: "The key does not match containerTagRegex; decide what happens with such keys." };
}

/** Never another tag in its place: the captured text says the object belongs to somebody. */
function illegal(captured: string, unmatched: Unmatched): TagVerdict {
  const shown = printableKey(captured.length > 60 ? `${captured.slice(0, 60)}…` : captured);
  const why = captured
    ? `containerTagRegex captures “${shown}”, which is not a container tag.`
    : "containerTagRegex captures nothing in this key.";
  return { skip: unmatched === "hold" ? "held" : "tag_invalid", why };
}
