import { createHash } from "node:crypto";

/** The same UUID for the same name, as Notion writes it. */
export function idFor(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The address people see. */
export function urlFor(title: string, id: string): string {
  const words = title.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60);
  return `https://www.notion.so/${words === "" || words === "-" ? "" : `${words}-`}${id.replaceAll("-", "")}`;
}
