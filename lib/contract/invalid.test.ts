import { expect, test } from "vitest";
import { z } from "zod";
import { wordsFor } from "./invalid.ts";
import { createConnection, listDocuments, updateConnection } from "./operations.ts";

const complaint = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: wordsFor }).error?.issues[0]?.message;

test.each([
  [z.string(), undefined, "is missing"],
  [z.string(), 1, "must be a text"],
  [z.int(), 1.5, "must be a whole number"],
  [z.int(), "1", "must be a number"],
  [z.boolean(), "yes", "must be true or false"],
  [z.array(z.string()), {}, "must be a list"],
  [z.object({}), [], "must be an object"],
  [z.record(z.string(), z.string()), "x", "must be an object"],
  [z.number().max(10_000), 10_001, "must be at most 10,000"],
  [z.string().max(3), "four", "must have at most 3 characters"],
  [z.array(z.string()).min(2), ["a"], "must have at least 2 entries"],
  [z.string().min(1), "", "must have at least 1 character"],
  [z.enum(["asc", "desc"]), "up", "must be asc or desc"],
  [z.string().regex(/^a$/), "b", "is not written as it has to be"],
  [z.strictObject({}), { x: 1 }, "has keys that are not known: x"],
  [z.union([z.string(), z.number()]), true, "is not possible here"],
  [z.string("must be a name"), 1, "must be a name"],
] as const)("a rule without words of its own gets plain ones: %#", (schema, value, words) => {
  expect(complaint(schema, value)).toBe(words);
});

test("no caller meets the validator's own texts", () => {
  const range = "must be a whole number from 1 to 10,000";
  for (const documentLimit of [0, 10_001, 1.5, "10", null])
    for (const { body } of [createConnection, updateConnection]) expect(complaint(body, { documentLimit })).toBe(range);
  expect(complaint(updateConnection.body, { intervalSeconds: 5 })).toBe("must be at least 60 seconds");
  expect(complaint(updateConnection.body, { paused: "yes" })).toBe("must be true or false");
  expect(complaint(listDocuments.body, { sort: "name" })).toBe("must be createdAt or updatedAt");
});

test("an address that is none is told first how one begins", () => {
  const of = (redirectUrl: string) => complaint(createConnection.body, { redirectUrl });
  for (const url of ["not a url", "example.com", "javascript:alert(1)", "ftp://a.example", "//a.example"])
    expect(of(url)).toBe("must begin with https://");
  expect(of("https://a.example/b c")).toMatch(/plain printable characters/);
  expect(of("https://a.example\\@b.example")).toMatch(/plain printable characters/);
});
