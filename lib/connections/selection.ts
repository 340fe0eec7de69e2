import { isDeepStrictEqual } from "node:util";
import { AppError } from "#lib/contract/errors.ts";
import type { ChosenView, SelectionView } from "#lib/contract/views.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { connectorOf } from "./registry.ts";

/** What of a source is synced, where its connector lets people choose. */

interface Row {
  readonly provider: string;
  /** an object, as stored */
  readonly config: unknown;
}

/** Null for providers whose connections are synced whole. */
export function selectionOf(row: Row, connector: Connector | undefined): SelectionView | null {
  const resources = connector?.resources;
  if (!resources) return null;
  const { setting, alongside = {} } = resources;
  const config = row.config as Readonly<Record<string, unknown>>;
  const chosen = config[setting];
  const counts = Object.entries(alongside).every(([name, value]) => isDeepStrictEqual(config[name], value));
  return {
    setting,
    chosen: counts && Array.isArray(chosen) ? (chosen as readonly ChosenView[]) : [],
    needed: resources.needed(config),
    required: resources.needed({ ...config, ...alongside, [setting]: [] }),
  };
}

/** Nothing may be synced before somebody has chosen: an empty listing would look like an emptied source. */
export function needsSelection(row: Row): boolean {
  return selectionOf(row, connectorOf(row.provider))?.needed ?? false;
}

export function nothingChosen(): AppError {
  return new AppError("conflict", "Nothing is chosen to be synced yet.", { details: "Choose what to sync first." });
}
