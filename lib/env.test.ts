import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EnvError, parseEnv, variableNames } from "./env.ts";

function problems(source: Record<string, string>): readonly string[] {
  try {
    parseEnv(source);
    return [];
  } catch (error) {
    return error instanceof EnvError ? error.problems : [String(error)];
  }
}

test("without any variable there is a working configuration", () => {
  expect(parseEnv({})).toMatchObject({ PORT: 3000, HOST: "127.0.0.1", APP_URL: "http://localhost:3000", WORKERS: 1 });
});

test("every bad variable is named at once, with its fix, and never with its value when it is a secret", () => {
  const found = problems({
    PORT: "99999",
    APP_URL: "http://localhost:3000/console",
    DATABASE_URL: "mysql://user:hunter2@host/db",
    EGRESS_ALLOW: "127.0.0.1:9000,everything",
    SEALING_KEYS: "k1:tooshort",
    BOOTSTRAP_OWNER: "ada@example.com:hunter2",
    WORKERS: "-1",
  });
  const text = found.join("\n");
  for (const name of [
    "PORT",
    "APP_URL",
    "DATABASE_URL",
    "EGRESS_ALLOW",
    "SEALING_KEYS",
    "BOOTSTRAP_OWNER",
    "WORKERS",
  ]) {
    expect(text).toMatch(new RegExp(`^${name} `, "m"));
  }
  expect(text).toContain("“everything” must be host:port");
  expect(text).not.toMatch(/hunter2|tooshort/);
});

test("an address with a port that cannot be is a problem, not a crash", () => {
  expect(problems({ APP_URL: "http://localhost:99999" })).toHaveLength(1);
});

test("half a configuration of embeddings stops the boot and says what is missing, without the key", () => {
  const key = "sk-canary-embeddings-0001";
  expect(problems({ EMBEDDINGS_URL: "http://127.0.0.1:11434/v1" })).toEqual([
    "EMBEDDINGS_MODEL is missing: EMBEDDINGS_URL cannot do without it (see .env.example)",
  ]);
  expect(problems({ EMBEDDINGS_API_KEY: key }).map((problem) => problem.split(" ")[0])).toEqual([
    "EMBEDDINGS_URL",
    "EMBEDDINGS_MODEL",
  ]);
  const all = problems({
    EMBEDDINGS_URL: `https://user:${key}@embeddings.example/v1`,
    EMBEDDINGS_API_KEY: `${key} with spaces`,
    EMBEDDINGS_DIMENSIONS: "many",
    EMBEDDINGS_BATCH: "0",
  }).join("\n");
  for (const name of ["URL", "API_KEY", "DIMENSIONS", "BATCH", "MODEL"])
    expect(all).toMatch(new RegExp(`^EMBEDDINGS_${name} `, "m"));
  expect(all).not.toContain(key);
  expect(
    parseEnv({
      EMBEDDINGS_URL: "http://127.0.0.1:11434/v1",
      EMBEDDINGS_MODEL: "m",
      EMBEDDINGS_DIMENSIONS: "256",
      EMBEDDINGS_QUERY_PREFIX: "search_query: ",
    }),
  ).toMatchObject({ EMBEDDINGS_DIMENSIONS: 256, EMBEDDINGS_BATCH: 32, EMBEDDINGS_QUERY_PREFIX: "search_query: " });
});

test("empty variables count as unset", () => {
  const empty = Object.fromEntries(variableNames.map((name) => [name, " "]));
  expect(parseEnv(empty)).toEqual(parseEnv({}));
});

test(".env.example explains every variable and no other", () => {
  const explained = readFileSync(".env.example", "utf8").matchAll(/^# ([A-Z][A-Z_]+)=/gm);
  const names = variableNames.filter((name) => name !== "NODE_ENV");
  expect([...explained].map((match) => match[1]).toSorted()).toEqual(names.toSorted());
});
