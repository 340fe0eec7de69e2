import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { setEnvForTests } from "../env.ts";
import { logConsole } from "./console-log.ts";

const written: string[] = [];
let restore = () => {};

beforeEach(() => {
  setEnvForTests({});
  written.length = 0;
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  restore = logConsole();
});

afterEach(() => {
  restore();
  vi.restoreAllMocks();
});

test("a fault the framework prints is one JSON line that says where it was, not what it quoted", () => {
  const fault = Object.assign(new TypeError("row: canary-secret-canary"), { digest: "1234", cause: "canary-cause" });
  console.error("\u001b[31m\u001b[1m⨯\u001b[22m\u001b[39m", fault);
  expect(written).toHaveLength(1);
  expect(written[0]).not.toContain("canary");
  expect(JSON.parse(written[0] ?? "")).toMatchObject({
    level: "error",
    message: "the framework reports a fault",
    faults: [{ error: "TypeError", digest: "1234", at: [expect.stringContaining("console-log.test.ts")] }],
  });
});

test("its words keep their level and lose what looks like a secret", () => {
  console.warn("▲ slow", "with sm_0123456789abcdef");
  expect(JSON.parse(written[0] ?? "")).toMatchObject({ level: "warn", message: "▲ slow with sm_[secret]" });
});
