"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ActionResult } from "./result.ts";
import { granted, type Refusal } from "./refusal.ts";
import { liveKey } from "./query-client.ts";

interface Reactions<Input, Value> {
  /** how long it may take; the default is 30 s */
  readonly longestMs?: number;
  /** at the press, before the server knows */
  readonly onStart?: (input: Input) => void;
  readonly onDone?: (value: Value, input: Input) => void;
  /** takes back what `onStart` showed, and says why */
  readonly onRefused?: (refusal: Refusal, input: Input) => void;
}

/** For what waits until an action is over, whatever came of it: its reactions tell the person. */
export async function over(action: Promise<unknown>): Promise<void> {
  await Promise.allSettled([action]);
}

/**
 * A server action as a mutation. Whatever it did, every live view on the page is asked anew; its reactions run also
 * when the component has gone meanwhile.
 */
export function useAction<Input, Value>(
  act: (input: Input) => Promise<ActionResult<Value>>,
  { longestMs, onStart, onDone, onRefused }: Reactions<Input, Value> = {},
) {
  const client = useQueryClient();
  return useMutation<Value, Refusal, Input>({
    mutationFn: (input) => granted(act(input), longestMs),
    onMutate: onStart,
    onSuccess: (value, input) => onDone?.(value, input),
    onError: (refusal, input) => onRefused?.(refusal, input),
    onSettled: () => void client.invalidateQueries({ queryKey: [liveKey] }),
  });
}
