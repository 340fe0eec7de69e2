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

test("empty variables count as unset", () => {
  const empty = Object.fromEntries(variableNames.map((name) => [name, " "]));
  expect(parseEnv(empty)).toEqual(parseEnv({}));
});

test(".env.example explains every variable and no other", () => {
  const explained = readFileSync(".env.example", "utf8").matchAll(/^# ([A-Z][A-Z_]+)=/gm);
  const names = variableNames.filter((name) => name !== "NODE_ENV");
  expect([...explained].map((match) => match[1]).toSorted()).toEqual(names.toSorted());
});
