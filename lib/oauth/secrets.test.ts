import { expect, test, vi } from "vitest";
import { pool } from "#lib/db/client.ts";
import type { TokenFault } from "#lib/testing/fake-oauth.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";
import { stubClientSecret, stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { newBrowser } from "./browser-cookie.ts";
import { keepAlive } from "./keep-alive.ts";
import { beginFromLink, createReconnectLink } from "./links.ts";
import { takeBackOrphans } from "./orphans.ts";
import { renewed } from "./tokens.ts";

const rig = connectRig({ LOG_LEVEL: "debug" });
const app = "https://app.example.com/back";
const connectors = new Map([["google-drive", stubOAuthConnector()]]);
const never = new AbortController().signal;

/** All rows of all tables, the queue's included, as text. */
async function database(): Promise<string> {
  const { rows: tables } = await pool().query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
      where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool().query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    // What is sealed may look like anything.
    texts.push(...rows.map(({ row }) => `${name} ${row.replaceAll(/\bv1\.test\.[\w.-]+/g, "sealed")}`));
  }
  return texts.join("\n");
}

/** A token endpoint that says back what it was sent, and more. */
const leak = "at_leakleakleak rt_leakleakleak code_leakleakleak";
const troubles: readonly TokenFault[] = [
  { kind: "error", status: 400, error: "invalid_grant", description: leak },
  { kind: "error", status: 401, error: "invalid_client", description: leak },
  { kind: "error", status: 400, error: leak, description: leak },
  { kind: "status", status: 500, body: leak },
  { kind: "status", status: 200, body: `<html>${leak}`, contentType: "text/html" },
  { kind: "lost" },
  { kind: "reply", change: { token_type: leak } },
  { kind: "reply", change: { access_token: `${leak}\n` } },
];

test("whatever goes wrong, no token, code, state, secret or cookie is in the log, the database or an address (T05)", async () => {
  const written: string[] = [];
  const secrets = new Set<string>([stubClientSecret]);
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    }),
  );
  try {
    await rig.trust("https://app.example.com");
    const addresses: string[] = [];
    let connectionId = "";
    for (const trouble of [null, ...troubles]) {
      if (trouble) rig.provider.oauth.faults.push(trouble);
      const browser = rig.browser();
      const { id, authLink } = await rig.client.connections.create("google-drive", { redirectUrl: app });
      secrets.add(new URL(authLink).searchParams.get("state") ?? "");
      const { location } = await browser.open(await browser.consent(authLink));
      addresses.push(location);
      secrets.add(browser.connect ?? "");
      connectionId ||= id;
    }
    const link = await createReconnectLink(rig.acme.principal, connectionId);
    const token = new URL(link.url).pathname.split("/").at(-1) ?? "";
    const cookie = newBrowser();
    const begun = await beginFromLink(token, cookie);
    for (const each of [token, cookie, new URL(begun.authLink).searchParams.get("state") ?? ""]) secrets.add(each);

    const { rows } = await pool().query<{ grant_id: string }>("select grant_id from connections");
    const ref = { id: rows[0]?.grant_id ?? "", organizationId: rig.acme.organizationId };
    const times = { leaseMs: 12_000, answerMs: 5_000, patienceMs: 5_000, calmMs: 0 };
    for (const trouble of troubles.slice(1)) {
      rig.provider.oauth.faults.push(trouble, ...(trouble.kind === "lost" ? [trouble] : []));
      await renewed(ref, stubOAuthConnector(), 1, times).catch(() => {});
    }
    await pool().query("update grants set refreshed_at = now() - interval '2 days'");
    rig.provider.oauth.faults.push({ kind: "status", status: 500, body: leak });
    await keepAlive(connectors, never);
    rig.provider.oauth.faults.splice(0, Infinity, {
      kind: "error",
      status: 400,
      error: "invalid_grant",
      description: leak,
    });
    await renewed(ref, stubOAuthConnector(), 1, times).catch(() => {});
    const stored = await database();
    await pool().query("update connections set grant_id = null");
    await pool().query("update grants set created_at = now() - interval '1 hour', dead_at = null, dead_reason = null");
    rig.provider.oauth.faults.push({ kind: "status", status: 500, body: leak });
    await takeBackOrphans(connectors, never);

    expect(addresses.filter((address) => address.includes("error="))).toHaveLength(troubles.length);
    expect(written.join("")).toContain("a grant nobody uses was taken back");
    const all = { log: written.join(""), database: `${stored}\n${await database()}`, addresses: addresses.join("\n") };
    expect(all.database.includes("public.grants {")).toBe(true);
    for (const [where, text] of Object.entries(all)) {
      expect(text.match(/\b(?:at|rt|code)_(?:leak|[\w-]{32})/g), where).toBeNull();
      for (const secret of secrets) expect(text.includes(secret), where).toBe(false);
    }
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
});
