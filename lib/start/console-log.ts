import { stripVTControlCharacters } from "node:util";
import { log, type LogLevel } from "../log.ts";
import { faultOf } from "../server/fault.ts";

const levels: readonly (readonly [method: "debug" | "log" | "info" | "warn" | "error", level: LogLevel])[] = [
  ["debug", "debug"],
  ["log", "info"],
  ["info", "info"],
  ["warn", "warn"],
  ["error", "error"],
];

/**
 * What the framework prints goes into our log, one JSON line each: it would print the message of any fault as it is,
 * with whatever row, setting or secret that quotes. Returns the way back.
 */
export function logConsole(): () => void {
  const before = { ...console };
  for (const [method, level] of levels) console[method] = (...parts: unknown[]) => write(level, parts);
  return () => void Object.assign(console, before);
}

function write(level: LogLevel, parts: readonly unknown[]): void {
  const message = parts
    .filter((part) => typeof part === "string" || typeof part === "number")
    .map((part) => stripVTControlCharacters(String(part)).trim())
    .filter((part) => part !== "" && part !== "⨯")
    .join(" ");
  const faults = parts.filter((part) => part instanceof Error).map(faultOf);
  log(level, message || "the framework reports a fault", faults.length > 0 ? { faults } : {});
}
