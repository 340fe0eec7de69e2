import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import type { FieldProblem } from "#lib/contract/errors.ts";

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
