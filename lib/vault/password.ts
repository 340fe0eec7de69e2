import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";
import { inTurn } from "./in-turn.ts";

/** OWASP's first choice for scrypt: about 128 MB and a third of a second for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1 } as const;
const hashBytes = 32;

/** Above these a stored string is not ours; verifying it could be made to eat all memory. */
const highest = { N: 2 ** 20, r: 16, p: 4 } as const;

/** Everybody may try to sign in: many at once must neither fill the memory nor keep all of Node's threads busy. */
const take = inTurn(2);

function derive(
  password: string,
  salt: Buffer,
  length: number,
  options: Required<Pick<ScryptOptions, "N" | "r" | "p">>,
) {
  const maxmem = 256 * options.N * options.r;
  // The same letter can be typed as one or as two code points; both must open the door.
  const normal = password.normalize("NFKC");
  return take(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(normal, salt, length, { ...options, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}

/** Hashes a password for storage: `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, hashBytes, cost);
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Is this the password? Compares in constant time; a string that is not one of ours is never a match. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [kind, N, r, p, salt = "", hash = ""] = stored.split("$");
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const sane =
    kind === "scrypt" &&
    (["N", "r", "p"] as const).every((name) => options[name] >= 1 && options[name] <= highest[name]) &&
    Number.isInteger(Math.log2(options.N));
  const wanted = Buffer.from(hash, "base64url");
  if (!sane || wanted.length !== hashBytes) return false;
  return timingSafeEqual(await derive(password, Buffer.from(salt, "base64url"), wanted.length, options), wanted);
}

let decoy: Promise<string> | undefined;

/** Takes as long as a real check and fails: for unknown accounts, so that answering time does not name the known ones. */
export async function verifyNobody(password: string): Promise<false> {
  decoy ??= hashPassword(randomBytes(16).toString("hex"));
  await verifyPassword(password, await decoy);
  return false;
}
