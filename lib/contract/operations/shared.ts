import { z } from "zod";

/** Parts that operations have in common. */

export const none = z.object({});

/** Same-valued digits as number or text: `10` and `"10"`. */
export function digits(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,10}$/, message)
          .transform(Number),
      ],
      message,
    )
    .pipe(z.int(message).min(min, message).max(max, message))
    .meta({ openapi: { type: "integer", minimum: min, maximum: max } });
}

export const metadataValue = z.union([z.string(), z.number(), z.boolean()], "must be a string, a number or a boolean");

export const ok = <Schema extends z.ZodType>(schema: Schema, description: string) =>
  ({ status: 200, contentType: "application/json", description, schema }) as const;

const momentWords = "must be a moment in ISO 8601, e.g. 2026-01-31T09:00:00Z";
/** ISO 8601 counts a year 0 and zones 23 hours away, the database neither; no zone is more than 14. */
const isKnown = (text: string) => !text.startsWith("0000") && !/[+-](?:1[5-9]|2\d):\d\d$/.test(text);

/** A moment in ISO 8601 with its zone. */
export const moment = z.iso.datetime({ offset: true, error: momentWords }).refine(isKnown, momentWords);

/** A date, or a moment. */
export const dateOrMoment = z.union([z.iso.date().refine(isKnown), moment], "must be a date or a moment in ISO 8601");
