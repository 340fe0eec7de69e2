import { chown, stat } from "node:fs/promises";

/**
 * PostgreSQL refuses to run as root, so then it runs as `nobody`; for everybody else it runs as they are.
 * Spread into the options of `spawn` and friends.
 */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const nobody = 65_534;

export function databaseIdentity(): Identity {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}

/** Hands a file or folder to the database's user, when that is another one than ours. */
export async function giveToDatabase(path: string, identity: Identity): Promise<void> {
  if (identity.uid === undefined || identity.gid === undefined) return;
  const now = await stat(path);
  if (now.uid !== identity.uid || now.gid !== identity.gid) await chown(path, identity.uid, identity.gid);
}
