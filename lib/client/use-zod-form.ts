"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, type DefaultValues, type FieldValues, type UseFormReturn } from "react-hook-form";
import { config, type core } from "zod/mini";

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
