import { z } from "zod";
import type { Connector, Json } from "#lib/connectors/types.ts";

/** What `connections.cursor` holds: the connector's own cursor and what the engine needs to go on from there. */
export interface StoredCursor {
  /** the connector's cursor */
  readonly at: Json;
  /** the run this is a checkpoint of; null after a run that completed */
  readonly run: string | null;
  /** keyed order: the last key (base64) before this checkpoint */
  readonly position: string | null;
  /** items this run had listed up to this checkpoint */
  readonly listed: number;
  /** settings it was made with (connections.config_version) */
  readonly config: number;
  /** keyed order was kept from the start of this run up to here, so absence can be told */
  readonly ordered: boolean;
  /** settings changed and no complete listing has compared every item's tags and metadata since */
  readonly compare: boolean;
}

const stored = z.object({
  at: z.json(),
  run: z.string().nullable(),
  position: z.string().nullable(),
  listed: z.number().int().min(0),
  config: z.number().int(),
  ordered: z.boolean(),
  compare: z.boolean(),
});

export interface Start {
  /** what changes() gets */
  readonly since: unknown;
  /** `since` is this run's own checkpoint */
  readonly resuming: boolean;
  readonly position: Buffer | null;
  readonly listed: number;
  readonly ordered: boolean;
  /** tags and metadata of unchanged items are to be compared, too */
  readonly compare: boolean;
}

/** Where this run begins. An unreadable cursor, or one made with other settings, means: start again. */
export function startFrom(
  raw: unknown,
  connector: Connector,
  runId: string,
  configVersion: number,
  hasDocuments: boolean,
): Start {
  const fresh = {
    since: null,
    resuming: false,
    position: null,
    listed: 0,
    ordered: true,
    compare: hasDocuments,
  } as const;
  const envelope = stored.safeParse(raw);
  if (!envelope.success || envelope.data.config !== configVersion) return fresh;
  const since = connector.cursor.safeParse(envelope.data.at);
  if (!since.success) return fresh;
  const resuming = envelope.data.run === runId;
  return {
    since: since.data,
    resuming,
    position: resuming && envelope.data.position !== null ? Buffer.from(envelope.data.position, "base64") : null,
    listed: resuming ? envelope.data.listed : 0,
    ordered: !resuming || envelope.data.ordered,
    compare: envelope.data.compare,
  };
}
