import { afterEach, expect, test, vi } from "vitest";
import { setEnvForTests } from "./env.ts";
import { log } from "./log.ts";

function lines(act: () => void): Record<string, unknown>[] {
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    act();
  } finally {
    write.mockRestore();
  }
  return written.map((line) => {
    expect(line).toMatch(/^[^\n]*\n$/);
    return JSON.parse(line) as Record<string, unknown>;
  });
}

afterEach(() => setEnvForTests({ LOG_LEVEL: undefined }));

test("an entry is one JSON line with time, level, message and its fields", () => {
  const [entry] = lines(() => log("info", "run\nended", { run: "r1", documents: 3 }));
  expect(Object.keys(entry ?? {})).toEqual(["time", "level", "message", "run", "documents"]);
  expect(entry).toMatchObject({ level: "info", message: "run\nended", run: "r1", documents: 3 });
});

test("LOG_LEVEL hides what is less urgent", () => {
  setEnvForTests({ LOG_LEVEL: "warn" });
  const seen = lines(() => {
    log("debug", "a");
    log("info", "b");
    log("warn", "c");
    log("error", "d");
  });
  expect(seen.map(({ message }) => message)).toEqual(["c", "d"]);
});

test("secrets in messages, fields and errors do not reach the log", () => {
  const secret = "sm_abcdefghijklmnop";
  const text = JSON.stringify(
    lines(() => log("error", `key ${secret}`, { key: secret, error: new Error(secret), password: "hunter2" })),
  );
  expect(text).not.toMatch(/abcdefghij|hunter2/);
});

test("a field cannot pass itself off as level or message, and odd values do not break the line", () => {
  const [entry] = lines(() => log("warn", "true", { message: "false", level: "debug", big: 1n, nothing: undefined }));
  expect(entry).toMatchObject({ message: "true", level: "warn", big: "1" });
});
