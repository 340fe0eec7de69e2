"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, type DefaultValues, type FieldPath, type FieldValues, type UseFormReturn } from "react-hook-form";
import { config, type core } from "zod/mini";
import type { FieldProblem } from "#lib/contract/errors.ts";

// the pages' policy forbids making code from text, and a mere try is reported
if (typeof window !== "undefined") config({ jitless: true });

/**
 * A form checked by `schema`. Without `defaultValues` it starts with what its controls hold, so that what was typed
 * before the script arrived counts. Fields that go away take their values with them.
 */
export function useZodForm<Input extends FieldValues, Output>(
  schema: core.$ZodType<Output, Input>,
  defaultValues?: DefaultValues<Input>,
): UseFormReturn<Input, unknown, Output> {
  return useForm<Input, unknown, Output>({
    resolver: zodResolver(schema),
    shouldUnregister: true,
    ...(defaultValues && { defaultValues }),
  });
}

/** Puts the server's verdicts beside their fields, the first of them focused; false when none has a place here. */
export function showProblems<Input extends FieldValues, Output>(
  form: UseFormReturn<Input, unknown, Output>,
  names: readonly FieldPath<Input>[],
  problems: readonly FieldProblem[],
): boolean {
  const found = names.flatMap((name) => problems.filter(({ path }) => path === name).slice(0, 1));
  found.forEach(({ path, message }, n) =>
    form.setError(path as FieldPath<Input>, { type: "server", message }, { shouldFocus: n === 0 }),
  );
  return found.length > 0;
}
