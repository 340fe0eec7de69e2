import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";

/**
 * `npm test`: everything a release has to pass. Runs all parts even when one fails, names what was skipped, and ends
 * with one line: `N passed, N failed, N skipped`. A part without tests of its own counts as one.
 */

interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

const reports = "test-results";
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

function run(command: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): boolean {
  const { status } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...variables } });
  return status === 0;
}

const node = (...args: string[]): boolean => run(process.execPath, args);
const one = (ok: boolean): Result => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [] });

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function unit(): Result {
  const file = `${reports}/vitest.json`;
  const ok = run("node_modules/.bin/vitest", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  if (!existsSync(file)) return one(false);
  const report = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
  const skipped = report.testResults.flatMap((suite) =>
    suite.assertionResults.flatMap((test) =>
      /^(pending|skipped|todo|disabled)$/.test(test.status) ? [test.fullName] : [],
    ),
  );
  // A file that could not even be loaded has no tests to count, and must not pass for that.
  const failed = report.numFailedTests || (ok ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped };
}

interface PlaywrightSuite {
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly { readonly title: string; readonly tests: readonly { readonly status: string }[] }[];
}

const specs = (suite: PlaywrightSuite): NonNullable<PlaywrightSuite["specs"]> => [
  ...(suite.specs ?? []),
  ...(suite.suites ?? []).flatMap(specs),
];

function browser(): Result {
  if (!existsSync("playwright.config.ts"))
    return { passed: 0, failed: 0, skipped: ["browser journeys (no playwright.config.ts)"] };
  const file = `${reports}/playwright.json`;
  const ok = run("node_modules/.bin/playwright", ["test", "--reporter=list,json"], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  if (!existsSync(file)) return one(false);
  const all = specs(JSON.parse(readFileSync(file, "utf8")) as PlaywrightSuite).flatMap((spec) =>
    spec.tests.map((test) => ({ title: spec.title, status: test.status })),
  );
  const failed = all.filter((test) => test.status === "unexpected" || test.status === "flaky").length;
  return {
    passed: all.filter((test) => test.status === "expected").length,
    failed: failed || (ok ? 0 : 1),
    skipped: all.flatMap((test) => (test.status === "skipped" ? [test.title] : [])),
  };
}

const parts: readonly (readonly [name: string, part: () => Result])[] = [
  ["check", () => one(node("scripts/check.ts"))],
  ["unit and integration tests", unit],
  ["build", () => one(node("lib/start/build-now.ts"))],
  ["browser journeys", browser],
];

let passed = 0;
let failed = 0;
const skipped: string[] = [];
for (const [name, part] of parts) {
  console.log(`\n── ${name}`);
  const result = part();
  passed += result.passed;
  failed += result.failed;
  skipped.push(...result.skipped.map((title) => `${name}: ${title}`));
}
if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map((title) => `  - ${title}`).join("\n")}`);
console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
