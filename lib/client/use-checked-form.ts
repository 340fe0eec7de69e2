"use client";

import { useForm, type FieldErrors, type FieldPath, type FieldValues, type UseFormReturn } from "react-hook-form";

/** What is wrong, by field, as sentences; nothing for what is right. */
export type FormCheck<Input extends FieldValues> = (
  input: Input,
) => Partial<Record<FieldPath<Input>, string | undefined>>;

/**
 * A form checked by a function, where a schema library would weigh more than the page. It starts with what its controls
 * hold, and fields that go away take their values with them.
 */
export function useCheckedForm<Input extends FieldValues>(check: FormCheck<Input>): UseFormReturn<Input> {
  return useForm<Input>({
    shouldUnregister: true,
    resolver: (values) => {
      const wrong = Object.entries(check(values)).filter(([, message]) => message !== undefined);
      if (wrong.length === 0) return { values, errors: {} };
      const errors = Object.fromEntries(wrong.map(([name, message]) => [name, { type: "check", message }]));
      return { values: {}, errors: errors as FieldErrors<Input> };
    },
  });
}
