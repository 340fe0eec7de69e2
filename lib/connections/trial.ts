import type { Principal } from "#lib/contract/principal.ts";
import type { TagPreview, TestResult } from "#lib/contract/views.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { asConnected } from "./as-connected.ts";
import { checkSettings } from "./check.ts";
import { requireConnection } from "./find.ts";
import type { PreviewTagsInput, TestConnectionInput } from "./inputs.ts";
import { requireConnector } from "./registry.ts";
import type { Connection } from "./repo.ts";
import { mergeSecrets, openSecrets } from "./secrets.ts";
import { parseSettings, type Settings } from "./settings.ts";

/** Trying settings out before they are stored. */

/** Checks settings against the provider, cheaply and read-only; stores nothing. Answers within about 10 s. */
export async function testConnection(principal: Principal, input: TestConnectionInput): Promise<TestResult> {
  requireWriter(principal);
  const connector = requireConnector(input.provider);
  const row = input.connectionId === undefined ? null : await requireConnection(principal, input.connectionId);
  if (connector.auth.kind === "oauth" && row === null) return notConnectedYet(connector.name);
  const { problems, parsed } = parseSettings(connector, withStoredSecrets(row, input.settings));
  const [first] = problems;
  if (!parsed)
    return {
      ok: false,
      kind: "invalid",
      message: first ? `${first.path.replace(/^metadata\./, "")}: ${first.message}` : "The settings are not valid.",
      fix: "Correct the marked fields.",
      field: first?.path ?? null,
      problems,
    };
  const checked = await checkSettings(connector, parsed.config, row ? asConnected(connector, row) : {});
  if (!checked.ok) {
    const { kind, message, fix, field } = checked.refusal;
    return { ok: false, kind, message, fix, field, problems: [] };
  }
  const { account } = checked;
  return {
    ok: true,
    account: { id: account.id, label: account.label, email: account.email ?? null },
    sample: account.sample.map(({ id, title, bytes, tags }) => ({
      id,
      title,
      bytes: bytes ?? null,
      tags: tags ?? null,
    })),
    corrected: account.corrected ?? {},
  };
}

/** Which tags ids would get by these settings, without any request. Settings that are not valid give an empty list. */
export async function previewTags(principal: Principal, input: PreviewTagsInput): Promise<readonly TagPreview[]> {
  const connector = requireConnector(input.provider);
  const row = input.connectionId === undefined ? null : await requireConnection(principal, input.connectionId);
  const { parsed } = parseSettings(connector, withStoredSecrets(row, input.settings));
  if (!parsed) return [];
  const own = input.containerTags ?? [];
  return input.ids.slice(0, 100).map((id) => {
    const decided = connector.tagsOf?.(parsed.config, id) ?? {};
    if (decided.skip !== undefined) return { id, tags: null, why: decided.why ?? decided.skip };
    return { id, tags: decided.tags ?? own, why: decided.why ?? null };
  });
}

/** When a connection is edited, secrets that are left out are the stored ones. */
function withStoredSecrets(row: Connection | null, settings: Settings): Settings {
  return row ? mergeSecrets(openSecrets(row), settings) : settings;
}

function notConnectedYet(provider: string): TestResult {
  return {
    ok: false,
    kind: "invalid",
    message: `${provider} can be asked only after somebody has agreed there.`,
    fix: "Connect it first.",
    field: null,
    problems: [],
  };
}
