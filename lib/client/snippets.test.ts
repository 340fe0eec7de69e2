import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { ProviderFieldView, ProviderView } from "#lib/contract/views.ts";
import { snippet, snippetLanguages, variableName } from "./snippets.ts";

const field = (name: string, more: Partial<ProviderFieldView> = {}): ProviderFieldView => ({
  name,
  label: name,
  help: null,
  placeholder: null,
  kind: "text",
  options: [],
  group: "main",
  required: false,
  secret: false,
  default: null,
  ...more,
});

const provider: ProviderView = {
  id: "bucket",
  name: "Bucket",
  summary: "",
  category: "storage",
  noun: ["file", "files"],
  auth: "keys",
  ready: true,
  appRefused: false,
  consent: null,
  fields: [
    field("secretAccessKey", { secret: true, required: true, kind: "secret" }),
    field("bucket", { required: true }),
    field("containerTagRegex"),
    field("include", { kind: "list" }),
    field("unmatched", { default: "own" }),
  ],
  schema: {},
  defaultIntervalSeconds: 14_400,
  previewsTags: true,
  connections: 0,
};

const awkward = {
  name: "",
  settings: {
    secretAccessKey: "canary-secret",
    bucket: `o'brien "docs" \`date\` $HOME \\n`,
    containerTagRegex: "^users/(?<userId>[^/]+)/.*\\.md$",
    include: ["/a/**", "/b"],
    unmatched: "own",
  },
  containerTags: ["team:docs"],
  documentLimit: 50,
  intervalSeconds: null,
};

/** Runs a copied curl in a real shell, with a curl that prints what it would send. */
function sent(script: string, variables: Record<string, string>): unknown {
  const out = execFileSync("sh", ["-c", `curl() { cat; }\n${script}`], {
    env: { NODE_ENV: "test", PATH: "/usr/bin:/bin", ...variables },
    encoding: "utf8",
  });
  return JSON.parse(out);
}

test("the copied curl sends exactly what the form holds, whatever characters are in it", () => {
  const script = snippet("curl", "https://tributary.example.com", provider, awkward);
  expect(sent(script, { SECRET_ACCESS_KEY: "from the environment" })).toEqual({
    containerTags: ["team:docs"],
    documentLimit: 50,
    metadata: {
      secretAccessKey: "from the environment",
      bucket: awkward.settings.bucket,
      containerTagRegex: awkward.settings.containerTagRegex,
      include: ["/a/**", "/b"],
    },
  });
});

test("no language shows a secret; each names the variable that holds it", () => {
  for (const language of snippetLanguages) {
    const text = snippet(language, "https://tributary.example.com", provider, awkward);
    expect(text).not.toContain("canary-secret");
    expect(text).toContain("SECRET_ACCESS_KEY");
    expect(text).toContain("TRIBUTARY_API_KEY");
  }
});

test("what is required and still missing is shown as a gap; defaults are left out", () => {
  const empty = { name: "", settings: {}, containerTags: [], documentLimit: undefined, intervalSeconds: null };
  const text = snippet("TypeScript", "http://localhost:3000", provider, empty);
  expect(text).toContain(`bucket: "…"`);
  expect(text).not.toContain("unmatched");
  expect(text).not.toContain("containerTags");
});

test("variables are named after their fields", () => {
  expect(["secretAccessKey", "accessKeyId", "api-token"].map(variableName)).toEqual([
    "SECRET_ACCESS_KEY",
    "ACCESS_KEY_ID",
    "API_TOKEN",
  ]);
});

test("with OAuth the code ends where the end user's browser goes on, and sends an empty body where nothing is set", () => {
  const drive: ProviderView = { ...provider, id: "drive", name: "Drive", auth: "oauth", fields: [] };
  const nothing = { name: "", settings: {}, containerTags: [], documentLimit: undefined, intervalSeconds: null };
  const shown = Object.fromEntries(
    snippetLanguages.map((language) => [language, snippet(language, "http://localhost:3000", drive, nothing)]),
  );
  expect(sent(shown["curl"] ?? "", {})).toEqual({});
  expect(shown["curl"]).toContain(`send the end user to the answer's "authLink"`);
  expect(shown["TypeScript"]).toContain(`client.connections.create("drive", {});`);
  expect(shown["TypeScript"]).toContain("console.log(connection.authLink)");
  expect(shown["Python"]).toContain(`client.connections.create("drive")`);
  expect(shown["Python"]).toContain("print(connection.auth_link)");
});
