// The only file that an old Node can read: it says so in one sentence instead of a stack trace.
// Usage: node scripts/run.mjs <script.ts> [arguments]
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `\nTributary needs Node 22.18 or newer, and this is ${process.versions.node}: run \`npm ci\` with install scripts ` +
      "allowed (it brings a suitable Node along), or install Node 24.\n",
  );
  process.exit(1);
}
const [script = ""] = process.argv.splice(2, 1);
await import(new URL(script, new URL("../", import.meta.url)).href);
