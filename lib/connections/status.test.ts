import { describe, expect, test } from "vitest";
import { failureDetails } from "#lib/contract/status.ts";
import { statusOf, type StatusFacts } from "./status.ts";

const now = new Date("2026-11-20T12:00:00Z");
const calm: StatusFacts = {
  state: "active",
  failureKind: null,
  error: null,
  heldDeletions: 0,
  needsSelection: false,
  lastSyncedAt: new Date("2026-11-20T08:00:00Z"),
  running: false,
  queued: false,
  waitingUntil: null,
  now,
};

describe("a connection's status follows from facts alone", () => {
  test.each([
    ["synced", {}],
    ["never_synced", { lastSyncedAt: null }],
    ["queued", { queued: true }],
    ["queued", { queued: true, failureKind: "reauth" }],
    ["syncing", { running: true, queued: true }],
    ["syncing", { running: true, waitingUntil: new Date(now.getTime() - 1) }],
    ["waiting", { running: true, waitingUntil: new Date(now.getTime() + 60_000) }],
    ["needs_reconnect", { failureKind: "reauth" }],
    ["needs_reconnect", { failureKind: "denied" }],
    ["failing", { failureKind: "transient" }],
    ["failing", { failureKind: "something a later version may write" }],
    ["attention", { heldDeletions: 40 }],
    ["failing", { heldDeletions: 40, failureKind: "missing" }],
    ["needs_selection", { needsSelection: true, lastSyncedAt: null }],
    ["needs_reconnect", { needsSelection: true, failureKind: "reauth" }],
    ["paused", { needsSelection: true, state: "paused" }],
    ["paused", { state: "paused", failureKind: "reauth", running: true }],
    ["deleting", { state: "deleting", running: true }],
  ] satisfies [string, Partial<StatusFacts>][])("%s: %o", (status, some) => {
    expect(statusOf({ ...calm, ...some }).status).toBe(status);
  });

  test("trouble comes with what to do about it", () => {
    for (const kind of Object.keys(failureDetails)) {
      expect(statusOf({ ...calm, failureKind: kind }).statusDetail).toMatch(/\. .+\.$/);
    }
    expect(statusOf({ ...calm, failureKind: "reauth", error: "The key is gone. Enter another." }).statusDetail).toBe(
      "The key is gone. Enter another.",
    );
  });
});
