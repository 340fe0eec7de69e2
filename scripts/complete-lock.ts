import { readFileSync, writeFileSync } from "node:fs";

/**
 * Completes package-lock.json with the packages of other platforms. A registry that does not serve all of them makes
 * npm leave them out, and then `npm ci` refuses the lock file everywhere. Run it after `npm install`:
 * `npm run lock`. It changes nothing when nothing is missing.
 */

interface Locked {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: readonly string[];
  cpu?: readonly string[];
  libc?: readonly string[];
  optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  packages: Record<string, Locked>;
}

const systems = [
  "darwin",
  "win32",
  "linux",
  "freebsd",
  "openbsd",
  "netbsd",
  "android",
  "sunos",
  "aix",
  "openharmony",
] as const;
const systemAliases: Readonly<Record<string, string>> = { macos: "darwin", windows: "win32" };
const processors = [
  "x64",
  "arm64",
  "arm",
  "ia32",
  "riscv64",
  "ppc64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
] as const;

/** What a platform package's name says, e.g. `@next/swc-darwin-arm64`. */
export function platformOf(name: string): { os?: string; cpu?: string; libc?: string } {
  const words = (name.split("/").pop() ?? "").split("-").map((word) => systemAliases[word] ?? word);
  return {
    os: systems.find((system) => words.includes(system)),
    cpu: processors.find((processor) => words.includes(processor)),
    libc: words.includes("musl") ? "musl" : words.includes("gnu") ? "glibc" : undefined,
  };
}

/** Where Node would look for a package required from `folder`, nearest first. */
function lookups(folder: string, name: string): readonly string[] {
  const places: string[] = [];
  for (let at = folder; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    places.push(`${at}/node_modules/${name}`);
  }
  return [...places, `node_modules/${name}`];
}

/** Adds what is missing; returns where the packages added would be installed. */
export function completeLock(lock: Lock): readonly string[] {
  const added: string[] = [];
  for (const [folder, parent] of Object.entries({ ...lock.packages })) {
    for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
      const { os, cpu, libc } = platformOf(name);
      if (!os && !cpu) continue; // not a platform package: npm had another reason
      const version = range.replace(/^[\^~>=]+/, "");
      const places = lookups(folder, name);
      const found = places.find((place) => lock.packages[place]);
      if (found && (lock.packages[found]?.version === version || range !== version)) continue;
      const place = found ? places[0] : places.at(-1);
      if (!place) continue;
      lock.packages[place] = {
        version,
        ...(cpu && { cpu: [cpu] }),
        ...(parent.dev && { dev: true }),
        ...(libc && { libc: [libc] }),
        optional: true,
        ...(os && { os: [os] }),
      };
      added.push(place);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return added;
}

if (import.meta.main) {
  const file = process.argv[2] ?? "package-lock.json";
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const added = completeLock(lock);
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${file}: ${added.length} platform packages added`);
}
