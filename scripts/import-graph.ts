import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";

/**
 * The imports of every source file, and the rules of design: which folder may never reach which other one.
 * `lib/import-rules.test.ts` runs it and prints the chain of a forbidden import.
 */

export interface SourceFile {
  /** relative to the project, with `/` */
  readonly file: string;
  /** resolved project files it imports at run time (type-only imports are left out) */
  readonly imports: readonly string[];
  /** bare specifiers (packages and node: modules), at run time */
  readonly packages: readonly string[];
  readonly text: string;
}

const folders = ["app", "components", "lib", "scripts"];
const isSource = /\.tsx?$/;
const isTestOnly =
  /\.test\.tsx?$|^lib\/testing\/|^lib\/connectors\/suite\.ts$|\/fake\/|\/testing\/|^lib\/db\/generated\//;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && isSource.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name).split(path.sep).join("/"));
}

function resolveLocal(from: string, specifier: string, known: ReadonlySet<string>): string | undefined {
  const base = specifier.startsWith("#lib/")
    ? `lib/${specifier.slice("#lib/".length)}`
    : specifier.startsWith("@/")
      ? specifier.slice(2)
      : path.posix.join(path.posix.dirname(from), specifier);
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((candidate) => known.has(candidate));
}

/** Reads every source file that ships (tests, fakes and generated code are left out). */
export function readSources(root: string): SourceFile[] {
  process.chdir(root);
  const files = folders.flatMap(filesUnder).filter((file) => !isTestOnly.test(file));
  const known = new Set(files);
  return files.map((file) => {
    const text = readFileSync(file, "utf8");
    const { module } = parseSync(file, text);
    const specifiers = [
      ...module.staticImports.flatMap((entry) =>
        entry.entries.length > 0 && entry.entries.every((binding) => binding.isType) ? [] : [entry.moduleRequest.value],
      ),
      ...module.staticExports.flatMap((statement) =>
        statement.entries.flatMap((entry) => (entry.moduleRequest && !entry.isType ? [entry.moduleRequest.value] : [])),
      ),
      ...module.dynamicImports.flatMap((entry) => {
        const literal = /^["'`]([^"'`$]+)["'`]$/.exec(text.slice(entry.moduleRequest.start, entry.moduleRequest.end));
        return literal?.[1] ? [literal[1]] : [];
      }),
    ];
    const local = specifiers.filter((name) => /^(\.|#lib\/|@\/)/.test(name));
    return {
      file,
      text,
      imports: local.flatMap((name) => resolveLocal(file, name, known) ?? []),
      packages: specifiers.filter((name) => !/^(\.|#lib\/|@\/)/.test(name)),
    };
  });
}

export interface Rule {
  readonly from: RegExp;
  /** project files never to be reached, also not through others */
  readonly neverReach?: RegExp;
  /** project files never to be imported directly */
  readonly neverImport?: RegExp;
  /** packages never to be reached, also not through others */
  readonly neverPackage?: RegExp;
  /** packages never to be imported directly */
  readonly neverDirectPackage?: RegExp;
  readonly because: string;
}

/** Every broken rule as one line with the chain of imports that breaks it. */
export function violations(sources: readonly SourceFile[], rules: readonly Rule[]): string[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const found: string[] = [];
  for (const rule of rules) {
    for (const source of sources) {
      if (!rule.from.test(source.file)) continue;
      for (const name of source.imports)
        if (rule.neverImport?.test(name)) found.push(`${source.file} → ${name}: ${rule.because}`);
      for (const name of source.packages)
        if (rule.neverDirectPackage?.test(name)) found.push(`${source.file} → ${name}: ${rule.because}`);
      if (!rule.neverReach && !rule.neverPackage) continue;
      const chains: string[][] = [[source.file]];
      const seen = new Set([source.file]);
      for (let chain = chains.shift(); chain; chain = chains.shift()) {
        const current = byFile.get(chain.at(-1) ?? "");
        for (const name of current?.packages ?? [])
          if (rule.neverPackage?.test(name)) found.push(`${[...chain, name].join(" → ")}: ${rule.because}`);
        for (const next of current?.imports ?? []) {
          if (seen.has(next)) continue;
          seen.add(next);
          if (rule.neverReach?.test(next)) found.push(`${[...chain, next].join(" → ")}: ${rule.because}`);
          else chains.push([...chain, next]);
        }
      }
    }
  }
  return found;
}

/** Every cycle of imports, as one line each. */
export function cycles(sources: readonly SourceFile[]): string[] {
  const byFile = new Map(sources.map((source) => [source.file, source.imports]));
  const state = new Map<string, "open" | "done">();
  const stack: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    state.set(file, "open");
    stack.push(file);
    for (const next of byFile.get(file) ?? []) {
      if (state.get(next) === "open") found.push([...stack.slice(stack.indexOf(next)), next].join(" → "));
      else if (!state.has(next)) visit(next);
    }
    stack.pop();
    state.set(file, "done");
  };
  for (const { file } of sources) if (!state.has(file)) visit(file);
  return found;
}
