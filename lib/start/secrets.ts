import { createHash, randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { StartupError } from "../db/startup-error.ts";
import type { Env } from "../env.ts";

/** What the product must not lose: without the sealing keys no connection can be opened again. */
export interface Secrets {
  /** as in SEALING_KEYS: `id:key,…`, the first one seals, all of them open */
  readonly sealingKeys: string;
  readonly nextauthSecret: string;
  /** where those that no variable gives are kept; undefined when both are given */
  readonly file: string | undefined;
}

const stored = z.object({ sealingKeys: z.string().min(1), nextauthSecret: z.string().min(1) });

/** A sealing key: 256 random bits, named after its own hash so that two are never confused. */
function newSealingKey(): string {
  const key = randomBytes(32);
  return `${createHash("sha256").update(key).digest("hex").slice(0, 8)}:${key.toString("base64url")}`;
}

/**
 * SEALING_KEYS and NEXTAUTH_SECRET, or what an earlier start made in `secrets.json` of the data folder, or new ones
 * kept there, readable by this user alone.
 * @throws StartupError when the file is there but cannot be used: a new one would lock every connection out
 */
export async function loadSecrets(config: Env): Promise<Secrets> {
  const { SEALING_KEYS: sealingKeys, NEXTAUTH_SECRET: nextauthSecret } = config;
  if (sealingKeys && nextauthSecret) return { sealingKeys, nextauthSecret, file: undefined };
  const file = path.join(config.DATA_DIR, "secrets.json");
  const kept = (await read(file)) ?? (await create(file));
  return { sealingKeys: sealingKeys ?? kept.sealingKeys, nextauthSecret: nextauthSecret ?? kept.nextauthSecret, file };
}

async function read(file: string): Promise<z.infer<typeof stored> | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new StartupError(`The secrets in ${file} cannot be read (${message}): give this user access to it.`);
  }
  try {
    const secrets = stored.parse(JSON.parse(text));
    await chmod(file, 0o600).catch(() => {});
    return secrets;
  } catch {
    throw new StartupError(`${file} is damaged: restore it from a backup, or set SEALING_KEYS and NEXTAUTH_SECRET.`);
  }
}

async function create(file: string): Promise<z.infer<typeof stored>> {
  const secrets = { sealingKeys: newSealingKey(), nextauthSecret: randomBytes(32).toString("base64url") };
  const half = `${file}.${process.pid}`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o711 });
    await writeFile(half, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
    // A link never replaces: of two starts at once one wins, and both use the winner's file.
    await link(half, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch (error) {
    throw new StartupError(
      `The data folder ${path.dirname(file)} cannot be written (${(error as Error).message}): ` +
        `set DATA_DIR to one that can.`,
    );
  } finally {
    await rm(half, { force: true }).catch(() => {});
  }
  return (await read(file)) ?? secrets;
}
