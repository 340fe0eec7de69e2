import type { ProblemReason } from "#lib/contract/connect-page.ts";

export interface Problem {
  readonly title: string;
  readonly detail: string;
  /** what to do */
  readonly next: string;
}

const startOver = "Go back to where you came from and start again there. You can close this page.";

/** Links that lead to no flow of ours, in words. */
export const problems: Readonly<Record<ProblemReason, Problem>> = {
  unknown: {
    title: "This link does not work",
    detail: "It is not complete, or it was used a while ago. Nothing was connected by opening it.",
    next: startOver,
  },
  garbled: {
    title: "This answer cannot be right",
    detail: "The provider sent you back with an answer nobody can read. Nothing was connected.",
    next: startOver,
  },
  issuer: {
    title: "This answer came from somewhere else",
    detail: "It is signed by another server than the one you were sent to, so it was not used. Nothing was connected.",
    next: startOver,
  },
  link: {
    title: "This link does not work any more",
    detail: "A link to reconnect is good for seven days, and as long as what it is for exists.",
    next: "Ask whoever sent it to you for a new one.",
  },
  unavailable: {
    title: "This cannot be finished right now",
    detail: "Something on our side does not answer. Nothing was connected.",
    next: "Wait a minute, then go back to where you came from and start again.",
  },
};

const byReason: ReadonlyMap<string, Problem> = new Map(Object.entries(problems));

/** Undefined for what is no reason. */
export function problemFor(reason: string): Problem | undefined {
  return byReason.get(reason);
}
