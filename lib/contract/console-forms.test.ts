import { expect, test } from "vitest";
import { safeParse, type core } from "zod/mini";
import { documentsChoice, keyForm, ownerForm, signInForm } from "./console-forms.ts";

/** field → what is said beside it */
function said(schema: core.$ZodType, input: unknown): Record<string, string> {
  const parsed = safeParse(schema, input);
  return Object.fromEntries(parsed.error?.issues.map(({ path, message }) => [path.join("."), message]) ?? []);
}

const owner = { organization: "Acme", email: "ada@example.com", password: "river-lantern" };

test("each wrong field of a form is named with words that say what to do", () => {
  expect(said(signInForm, { email: "  ", password: "" })).toEqual({
    email: "Enter your e-mail address.",
    password: "Enter your password.",
  });
  expect(said(ownerForm, { organization: " ", email: "ada", password: "short" })).toEqual({
    organization: "Enter a name for your organization.",
    email: "Enter an e-mail address, e.g. you@example.com.",
    password: "Use at least 10 characters.",
  });
  expect(said(ownerForm, { ...owner, organization: "x".repeat(101), password: "x".repeat(1025) })).toEqual({
    organization: "Use at most 100 characters.",
    password: "Use at most 1,024 characters.",
  });
  expect(said(keyForm, { name: "\t", expiresInDays: 31 })).toEqual({
    name: "Give it a name that tells where it is used.",
    expiresInDays: "Choose one of the list.",
  });
});

test("spaces around a name or an address do no harm; a password is taken as it is", () => {
  expect(
    safeParse(ownerForm, { organization: " Acme ", email: " ada@example.com ", password: " ten spaces" }).data,
  ).toEqual({ organization: "Acme", email: "ada@example.com", password: " ten spaces" });
});

test("a key lives until it is revoked unless a lifetime is chosen, and documents stay unless said otherwise", () => {
  expect(safeParse(keyForm, { name: "Bot" }).data).toEqual({ name: "Bot" });
  expect(safeParse(keyForm, { name: "Bot", expiresInDays: 90 }).data).toEqual({ name: "Bot", expiresInDays: 90 });
  expect(safeParse(documentsChoice, {}).success).toBe(true);
  expect(safeParse(documentsChoice, { documents: "all" }).success).toBe(false);
});
