import {
  array,
  enum as oneOf,
  literal,
  maxLength,
  minLength,
  object,
  pipe,
  refine,
  regex,
  string,
  transform,
  trim,
} from "zod/mini";
import type { AccessScope } from "./access.ts";
import { containerTagPattern } from "./container-tag.ts";

/**
 * The console's forms for API keys: what their controls hold, all of it text, and what is made of it. Checked in the
 * browser before it is sent, and by the server in any case.
 */

const scopes = ["read", "write", "connections"] as const satisfies readonly AccessScope[];

/** days; empty = until it is revoked */
const keyLifetimes = ["7", "30", "90", "365"] as const;
/** seconds the old secret goes on working: not at all, an hour, a day, a week */
export const keyGraces = ["0", "3600", "86400", "604800"] as const;

const chosen = "Choose one of the list.";

const described = {
  name: string().check(
    trim(),
    minLength(1, "Give it a name that tells where it is used."),
    maxLength(100, "Use at most 100 characters."),
  ),
  scopes: array(oneOf(scopes)).check(minLength(1, "Choose at least one.")),
  /** empty = as many as any key; people write thousands with a comma */
  rateMax: string().check(
    trim(),
    regex(/^$|^(?!0)(?:\d{1,4}|\d,\d{3}|10,?000)$/, "Enter a whole number from 1 to 10,000."),
  ),
  /** milliseconds, at most an hour: a program may have chosen another one than the form offers */
  rateWindowMs: string().check(refine((ms) => /^[1-9]\d{0,6}$/.test(ms) && Number(ms) <= 3_600_000, chosen)),
};

interface Limit {
  readonly rateMax: string;
  readonly rateWindowMs: string;
}

const rateOf = ({ rateMax, rateWindowMs }: Limit) =>
  rateMax === "" ? null : { max: Number(rateMax.replace(",", "")), windowMs: Number(rateWindowMs) };

/** A new key. */
export const keyForm = pipe(
  object({
    ...described,
    /** empty = all of the organization */
    containerTag: string().check(
      trim(),
      refine(
        (tag) => tag === "" || containerTagPattern.test(tag),
        "Use letters, digits, hyphen, underscore, colon or dot, at most 100.",
      ),
    ),
    expiresInDays: literal(["", ...keyLifetimes], chosen),
  }).check(
    refine(({ containerTag, scopes: given }) => containerTag === "" || !given.includes("connections"), {
      path: ["scopes"],
      error: "Connections belong to the whole organization: leave them out for a single container.",
    }),
  ),
  transform(({ name, scopes: given, containerTag, expiresInDays, ...limit }) => ({
    name,
    scopes: given,
    containerTag: containerTag || null,
    rate: rateOf(limit),
    expiresInDays: expiresInDays === "" ? undefined : Number(expiresInDays),
  })),
);

/** What of a key can be changed later. */
export const keyPatchForm = pipe(
  object(described),
  transform(({ name, scopes: given, ...limit }) => ({ name, scopes: given, rate: rateOf(limit) })),
);

/** How long the old secret of a key that is rotated goes on working. */
export const graceForm = object({ grace: literal(keyGraces, chosen) });
