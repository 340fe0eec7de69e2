import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { OpenApiDocument } from "#lib/server/openapi/document.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";

const api = testApi();
const app = path.resolve(import.meta.dirname, "..");

interface RouteFile {
  /** `/v3/connections/{}`: names of parameters do not matter */
  readonly shape: string;
  readonly module: Readonly<Record<string, (request: Request) => Promise<Response>>>;
}

const shapeOf = (route: string) => route.replaceAll(/\[\w+\]|\{\w+\}/g, "{}");

async function routeFiles(): Promise<readonly RouteFile[]> {
  const all = await Promise.all(["v3", "v4"].map((version) => readdir(path.join(app, version), { recursive: true })));
  const files = all.flatMap((names, i) => names.map((name) => path.join(i === 0 ? "v3" : "v4", name)));
  const routes = files.filter((file) => path.basename(file) === "route.ts");
  return Promise.all(
    routes.map(async (file) => ({
      shape: shapeOf(`/${path.dirname(file)}`),
      module: await import(/* @vite-ignore */ pathToFileURL(path.join(app, file)).href),
    })),
  );
}

/** The verbs a route knows: what it says to one that it never has. */
async function verbsOf({ module, shape }: RouteFile): Promise<readonly string[]> {
  const reply = await module["PUT"]?.(new Request(`http://localhost:3000${shape}`, { method: "PUT" }));
  if (reply?.status === 404) return [];
  return (reply?.headers.get("allow") ?? "").split(", ").toSorted();
}

async function document(): Promise<OpenApiDocument> {
  const reply = await globalThis.fetch(`${api.url}/v3/openapi.json`);
  expect(reply.status).toBe(200);
  return (await reply.json()) as OpenApiDocument;
}

describe("GET /v3/openapi.json", () => {
  test("anybody may read it, without a key", async () => {
    const reply = await globalThis.fetch(`${api.url}/v3/openapi.json`, {
      headers: { authorization: "Bearer nonsense" },
    });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/json");
    expect(await reply.json()).toMatchObject({ openapi: "3.1.1", servers: [{ url: expect.stringMatching(/^http/) }] });
  });

  test("every route there is is described, and every path described is there, with the very same verbs", async () => {
    const described = Object.entries((await document()).paths).map(([name, verbs]) => [
      shapeOf(name),
      Object.keys(verbs)
        .map((verb) => verb.toUpperCase())
        .toSorted(),
    ]);
    const there = await Promise.all(
      (await routeFiles())
        .filter(({ shape }) => !shape.includes("[..."))
        .map(async (file) => [file.shape, await verbsOf(file)] as const),
    );
    const real = there.filter(([, verbs]) => verbs.length > 0);
    expect(Object.fromEntries(real)).toEqual(Object.fromEntries(described));
  });

  test("it says nothing of anybody's secrets or data (T05)", async () => {
    await api.connect({ containerTags: ["canary-tag"] });
    const text = JSON.stringify(await document());
    for (const secret of [stubSettings.secretAccessKey, stubSettings.accessKeyId, api.acme.apiKey, "canary-tag"])
      expect(text).not.toContain(secret);
  });
});
