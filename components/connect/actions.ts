import type { ActionResult } from "#lib/client/result.ts";
import type { JsonValue, TagPreview, TestResult } from "#lib/contract/views.ts";

type Settings = Readonly<Record<string, JsonValue>>;

interface Common {
  readonly name: string;
  readonly settings: Settings;
  readonly containerTags: string[];
  readonly documentLimit?: number | undefined;
  readonly intervalSeconds: number | null;
}

/** What a connection form can ask of the server; pages hand it in. */
export interface ConnectActions {
  readonly test: (input: {
    provider: string;
    settings: Settings;
    connectionId?: string | undefined;
  }) => Promise<ActionResult<TestResult>>;
  readonly preview: (input: {
    provider: string;
    settings: Settings;
    ids: string[];
    containerTags: string[];
    connectionId?: string | undefined;
  }) => Promise<ActionResult<readonly TagPreview[]>>;
  /** authLink: where the person has to go on; null = it is done */
  readonly save: (
    input: Common & { provider: string; connectionId?: string | undefined },
  ) => Promise<ActionResult<{ readonly id: string; readonly authLink: string | null }>>;
}
