import { z } from "zod";

/** Metadata of a document added through the API: flat; beside single values also lists of texts. */

const keysMax = 100;
const keyCharsMax = 64;
const textCharsMax = 10_000;
const listMax = 100;
const charsMax = 50_000;

const text = z.string().max(textCharsMax, `must not be longer than ${textCharsMax} characters`);

export const documentMetadata = z
  .record(
    z.string().min(1).max(keyCharsMax),
    z.union(
      [text, z.number(), z.boolean(), z.array(text).max(listMax)],
      `must be a string, a number, a boolean or a list of at most ${listMax} strings`,
    ),
    "must be an object",
  )
  .refine((metadata) => Object.keys(metadata).length <= keysMax, `must not have more than ${keysMax} keys`)
  .refine((metadata) => JSON.stringify(metadata).length <= charsMax, `must not be larger than ${charsMax} characters`)
  .meta({
    description: `Your own facts about it: texts, numbers, booleans and lists of texts, at most ${keysMax} keys.`,
    examples: [{ team: "sales", year: 2026, final: true }],
  });
export type DocumentMetadata = z.infer<typeof documentMetadata>;
