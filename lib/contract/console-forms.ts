import { email, enum as oneOf, maxLength, minLength, object, optional, pipe, string, trim } from "zod/mini";

/**
 * What the console's own forms ask for: checked in the browser before it is sent, and by the server in any case.
 * zod/mini, because it weighs a quarter of zod in the browser; every rule brings its own words.
 */

export const signInForm = object({
  email: string().check(trim(), minLength(1, "Enter your e-mail address.")),
  password: string().check(minLength(1, "Enter your password.")),
});

export const ownerForm = object({
  organization: string().check(
    trim(),
    minLength(1, "Enter a name for your organization."),
    maxLength(100, "Use at most 100 characters."),
  ),
  email: pipe(
    string().check(trim()),
    email("Enter an e-mail address, e.g. you@example.com.").check(maxLength(254, "Use at most 254 characters.")),
  ),
  password: string().check(
    minLength(10, "Use at least 10 characters."),
    maxLength(1024, "Use at most 1,024 characters."),
  ),
});

/** What becomes of a deleted connection's documents; not asked where there are none. */
export const documentsChoice = object({ documents: optional(oneOf(["keep", "delete"])) });
