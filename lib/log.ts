import { env } from "./env.ts";
import { redact, redactText } from "./vault/redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * One JSON line on stdout: time, level, message and the fields. Everything passes the redaction of lib/vault, but that
 * is the last resort: name what happened, do not pass secrets or documents.
 */
export function log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  if (order.indexOf(level) < order.indexOf(env().LOG_LEVEL)) return;
  const head = { time: new Date().toISOString(), level, message: redactText(message) };
  // head twice: first for the order of the line, last so that no field takes its place
  process.stdout.write(`${JSON.stringify({ ...head, ...(redact(fields) as object), ...head })}\n`);
}
