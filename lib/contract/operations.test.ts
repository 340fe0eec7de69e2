import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as all from "./operations.ts";
import { operations } from "./operations.ts";

const named = operations.map((operation) => [operation.id, operation] as const);

test("every operation is in the list, once", () => {
  const defined = Object.values(all).filter((value) => "method" in value);
  expect(new Set(operations)).toEqual(new Set(defined));
  expect(new Set(operations.map((operation) => operation.id)).size).toBe(operations.length);
});

describe.each(named)("%s", (_id, operation) => {
  test("describes exactly the parameters its path has", () => {
    const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys(operation.params.shape)).toEqual(inPath);
  });

  test("can be written as JSON Schema, as a documentation needs it", () => {
    for (const schema of [operation.params, operation.query, operation.body])
      if (schema)
        expect(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })).toMatchObject({ type: "object" });
    expect(z.toJSONSchema(operation.reply.schema, { io: "output" })).toBeTypeOf("object");
  });

  test("ignores keys it does not know", () => {
    expect(operation.query.safeParse({ whatever: "1" }).success).toBe(true);
    if (operation.body && operation.body.safeParse({}).success)
      expect(operation.body.safeParse({ whatever: 1 }).success).toBe(true);
  });
});
