import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { allConnectors } from "#lib/connections/registry.ts";
import { operations } from "#lib/contract/operations.ts";
import { documentedPath, openApiDocument } from "./document.ts";
import type { JsonSchema } from "./json-schema.ts";

const document = openApiDocument({ appUrl: "https://docs.example.com", connectors: allConnectors() });
const described = Object.entries(document.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
);

test("the description is a valid OpenAPI 3.1 document", async () => {
  const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(document.servers).toEqual([{ url: "https://docs.example.com" }]);
});

test("every operation of the contract is in it, at its path and verb", () => {
  for (const { id, path, method } of operations) {
    const operation = document.paths[documentedPath(path)]?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toBeDefined();
    const ids = described.map((each) => each.operation.operationId);
    // Two that share path and verb are one there, described as both.
    if (!ids.includes(id)) expect(operation?.description).toContain("With a provider's name:");
  }
});

test("no two paths differ in the names of parameters only, and parameters are those of the path", () => {
  const shapes = Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, "{}"));
  expect(new Set(shapes).size).toBe(shapes.length);
  for (const { path, operation } of described) {
    const names = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
    expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(names);
  }
});

test("operation ids are unique", () => {
  const ids = described.map(({ operation }) => operation.operationId);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

test("every parameter, every field of every body and every field of every reply says what it is", () => {
  const silent: string[] = [];
  const look = (schema: JsonSchema, where: string, seen: ReadonlySet<string>): void => {
    const name = schema.$ref?.split("/").at(-1);
    if (name !== undefined) {
      const target = document.components.schemas[name];
      if (!target) silent.push(`${where}: ${name} is nowhere`);
      else if (!seen.has(name)) look(target, name, new Set([...seen, name]));
      return;
    }
    for (const [field, property] of Object.entries(schema.properties ?? {})) {
      const own =
        property.description ?? document.components.schemas[property.$ref?.split("/").at(-1) ?? ""]?.description;
      if (!own) silent.push(`${where}.${field}`);
      look(property, `${where}.${field}`, seen);
    }
    for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])])
      look(part, where, seen);
    if (schema.items) look(schema.items, `${where}[]`, seen);
  };
  for (const { path, verb, operation } of described) {
    for (const parameter of operation.parameters)
      if (!parameter.description) silent.push(`${verb} ${path} ${parameter.name}`);
    for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
      look(schema, `${verb} ${path}`, new Set());
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(response.description, `${verb} ${path} ${status}`).not.toBe("");
      for (const { schema } of Object.values(response.content ?? {}))
        look(schema, `${verb} ${path} ${status}`, new Set());
    }
  }
  expect([...new Set(silent)]).toEqual([]);
});

test("every error is an ErrorResponse, and what may be answered is said in words", () => {
  for (const { operation } of described)
    for (const [status, { content }] of Object.entries(operation.responses))
      if (Number(status) >= 400 && content)
        expect(content["application/json"]?.schema, `${operation.operationId} ${status}`).toEqual({
          $ref: "#/components/schemas/ErrorResponse",
        });
});

test("each provider's settings are those of its connector; secrets are only ever written", () => {
  for (const connector of allConnectors()) {
    const found = Object.values(document.components.schemas).find((schema) => schema.title === connector.name);
    const fields = found?.properties ?? {};
    for (const secret of connector.secrets)
      expect(fields[secret]).toMatchObject({ writeOnly: true, format: "password" });
    expect(Object.keys(fields).filter((name) => !connector.settings.includes(name))).toEqual([]);
  }
  expect(document.components.schemas["S3Settings"]?.required).toEqual([
    "accessKeyId",
    "secretAccessKey",
    "bucket",
    "region",
  ]);
});

test("the same name never stands for two schemas", () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name));
  for (const name of used) expect(document.components.schemas).toHaveProperty(String(name));
  expect(Object.keys(document.components.schemas).filter((name) => !used.has(name))).toEqual([]);
});
