import { expect, test } from "vitest";
import { allConnectors } from "#lib/connections/registry.ts";
import { operations } from "#lib/contract/operations.ts";
import { openApiDocument } from "./openapi/document.ts";
import { referenceOf } from "./reference.ts";

const appUrl = "https://docs.example.com";
const view = referenceOf(openApiDocument({ appUrl, connectors: allConnectors() }), appUrl);
const shown = view.groups.flatMap((group) => group.operations);
const one = (id: string) => shown.find((operation) => operation.id === id) ?? expect.fail(`${id} is not shown`);

test("every operation is shown once: in full, or as an older path that leads to one that is", () => {
  const older = view.older.map(({ method, path }) => `${method} ${path}`);
  const full = shown.map(({ method, path }) => `${method} ${path}`);
  // A provider's name and a connection's id are two operations at one place.
  expect([...full, ...older].toSorted()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).toSorted());
  for (const { instead } of view.older) expect(shown.map(({ id }) => id)).toContain(instead);
});

test("every line of a table has words, and every example the reader's own server", () => {
  for (const { id, parameters, body, reply, example } of shown) {
    for (const field of [...parameters, ...(body?.fields ?? []), ...reply.fields])
      if (field.type !== "") expect(field.description, `${id} ${field.name}`).not.toBe("");
    for (const text of Object.values(example ?? {})) expect(text).toContain(appUrl);
  }
});

test("fields tell their types, limits and defaults; what is within them is below them", () => {
  const { fields } = one("listDocuments").body ?? expect.fail("no body");
  expect(fields.find(({ name }) => name === "limit")).toEqual({
    name: "limit",
    depth: 0,
    type: "integer",
    required: false,
    description: "How many documents a page has.",
    limits: ["1 to 1,100", "default `10`"],
  });
  const names = fields.map(({ name, depth }) => `${depth} ${name}`);
  expect(names.slice(names.indexOf("0 filters"), names.indexOf("0 filters") + 4)).toEqual([
    "0 filters",
    "1 AND",
    "2 key",
    "2 value",
  ]);
});

test("a source's settings are under its name", () => {
  const { fields } = one("createConnection").body ?? expect.fail("no body");
  const at = fields.findIndex(({ name, type }) => name === "S3 bucket" && type === "");
  expect(fields[at]?.depth).toBe(1);
  expect(fields[at + 1]).toMatchObject({ name: "accessKeyId", depth: 2, required: true });
});

test("the two meanings of one path keep their own words", () => {
  expect(one("deleteConnection").parameters[0]).toMatchObject({
    name: "connectionId",
    description: "The connection's id.",
  });
  expect(one("deleteConnectionsByProvider").parameters).toHaveLength(1);
  expect(one("deleteConnectionsByProvider").parameters[0]).toMatchObject({ name: "provider" });
  expect(one("deleteConnection").body).toBeNull();
});

test("what can be tried asks for what is in the path and shows nothing of the environment", () => {
  const { trial } = one("createConnection");
  expect(trial).toMatchObject({ effect: true, parameters: [{ name: "provider", in: "path", example: "s3" }] });
  expect(JSON.parse(trial?.body ?? "")).toMatchObject({ metadata: { secretAccessKey: "", bucket: "handbook" } });
  expect(one("searchDocuments").trial).toMatchObject({ effect: false });
  expect(one("getProfile").trial).toBeNull();
});
