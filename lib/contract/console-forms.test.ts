import { expect, test } from "vitest";
import { safeParse, type core } from "zod/mini";
import { documentsChoice, ownerForm, signInForm } from "./console-forms.ts";
import { documentForm } from "./document-form.ts";
import { keyForm, keyPatchForm } from "./key-form.ts";

/** field → what is said beside it */
function said(schema: core.$ZodType, input: unknown): Record<string, string> {
  const parsed = safeParse(schema, input);
  return Object.fromEntries(parsed.error?.issues.map(({ path, message }) => [path.join("."), message]) ?? []);
}

const key = { name: "Bot", scopes: ["read"], containerTag: "", rateMax: "", rateWindowMs: "60000", expiresInDays: "" };
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
  expect(
    said(keyForm, {
      name: "\t",
      scopes: [],
      containerTag: "a b",
      rateMax: "none",
      rateWindowMs: "3600001",
      expiresInDays: "31",
    }),
  ).toEqual({
    name: "Give it a name that tells where it is used.",
    scopes: "Choose at least one.",
    containerTag: "Use letters, digits, hyphen, underscore, colon or dot, at most 100.",
    rateMax: "Enter a whole number from 1 to 10,000.",
    rateWindowMs: "Choose one of the list.",
    expiresInDays: "Choose one of the list.",
  });
  for (const rateMax of ["0", "10001", "1.5", "-1", "1e3"])
    expect(said(keyPatchForm, { name: "Bot", scopes: ["read"], rateMax, rateWindowMs: "1000" })).toEqual({
      rateMax: "Enter a whole number from 1 to 10,000.",
    });
  expect(said(keyForm, { ...key, scopes: ["read", "connections"], containerTag: "user_1" })).toEqual({
    scopes: "Connections belong to the whole organization: leave them out for a single container.",
  });
});

test("a text that no database can hold is refused beside its field", () => {
  const form = { kind: "text", containerTags: [] };
  for (const content of ["a \0 b", "half \ud800 a pair"])
    expect(said(documentForm, { ...form, content })).toEqual({
      content: "This has a NUL or half a character in it, which cannot be stored. Remove it.",
    });
  expect(said(documentForm, { ...form, content: "a whole pair: \u{1f600}" })).toEqual({});
});

test("spaces around a name or an address do no harm; a password is taken as it is", () => {
  expect(
    safeParse(ownerForm, { organization: " Acme ", email: " ada@example.com ", password: " ten spaces" }).data,
  ).toEqual({ organization: "Acme", email: "ada@example.com", password: " ten spaces" });
});

test("a key lives until it is revoked unless a lifetime is chosen, and documents stay unless said otherwise", () => {
  expect(safeParse(keyForm, key).data).toEqual({
    name: "Bot",
    scopes: ["read"],
    containerTag: null,
    rate: null,
    expiresInDays: undefined,
  });
  expect(
    safeParse(keyForm, { ...key, containerTag: " user_1 ", rateMax: " 1,500 ", expiresInDays: "90" }).data,
  ).toMatchObject({ containerTag: "user_1", rate: { max: 1_500, windowMs: 60_000 }, expiresInDays: 90 });
  expect(safeParse(keyPatchForm, key).data).toEqual({ name: "Bot", scopes: ["read"], rate: null });
  expect(safeParse(documentsChoice, {}).success).toBe(true);
  expect(safeParse(documentsChoice, { documents: "all" }).success).toBe(false);
});
