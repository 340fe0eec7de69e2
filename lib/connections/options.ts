import { z } from "zod";
import { AppError } from "#lib/contract/errors.ts";
import { wordsFor } from "#lib/contract/invalid.ts";
import { redirectUrl } from "#lib/contract/redirect-url.ts";
import { isStorable } from "#lib/contract/storable.ts";
import { containerTags } from "#lib/contract/tags.ts";

/** What every connection has beside its provider's settings; the same rules for the API, the console and tests. */
const schema = z.object({
  name: z
    .string()
    .trim()
    .max(100, "must not be longer than 100 characters")
    .refine(isStorable, "contains characters that cannot be stored")
    .optional(),
  containerTags: containerTags.transform((tags) => [...new Set(tags)]).optional(),
  documentLimit: z
    .int("must be a whole number from 1 to 10,000")
    .min(1, "must be a whole number from 1 to 10,000")
    .max(10_000, "must be a whole number from 1 to 10,000")
    .optional(),
  intervalSeconds: z
    .int("must be a whole number of seconds")
    .min(60, "must be at least 60 seconds")
    .max(31_536_000, "must be at most a year")
    .nullable()
    .optional(),
  redirectUrl: redirectUrl.optional(),
});

export type Options = z.output<typeof schema>;

/** @throws AppError invalid_request naming every field that is wrong */
export function parseOptions(input: object): Options {
  const parsed = schema.safeParse(input, { error: wordsFor });
  if (parsed.success) return parsed.data;
  throw new AppError("invalid_request", "The request is not valid.", {
    fields: parsed.error.issues.map((issue) => ({ path: issue.path.map(String).join("."), message: issue.message })),
  });
}
