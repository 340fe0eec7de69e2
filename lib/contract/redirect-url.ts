import { z } from "zod";

/**
 * Where an end user's browser goes after connecting. Absolute, https (http only for this very machine, RFC 8252), plain
 * ASCII as browsers send it, and nothing a reader could take for another host: no user info, no backslash.
 * Empty counts as absent: callers do send it so.
 */
export const redirectUrl = z
  .string()
  .max(2_048, "must not be longer than 2048 characters")
  .refine((value) => value === "" || problemOf(value) === undefined, {
    error: (issue) => problemOf(String(issue.input)) ?? "is not a web address",
  })
  .transform((value) => value || undefined);

function problemOf(value: string): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(value)) return "must begin with https://";
  if (!/^[\x21-\x7e]+$/.test(value) || value.includes("\\"))
    return "must consist of plain printable characters without spaces or backslashes";
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return "is not a web address";
  }
  if (url.username || url.password || /^https?:\/\/[^/?#]*@/i.test(value))
    return "must not contain a user name or password";
  if (url.protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(url.hostname))
    return "must use https (http is possible for localhost only)";
  return undefined;
}
