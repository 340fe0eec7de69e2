import { expect, test } from "vitest";
import type { RunView } from "#lib/contract/views.ts";
import { monotone } from "./live-run.ts";

const run = (id: string, status: RunView["status"], listed: number): RunView => ({
  id,
  connectionId: "c",
  status,
  trigger: "manual",
  requestedBy: null,
  queuedAt: "2026-11-20T10:00:00.000Z",
  startedAt: null,
  completedAt: null,
  waitingUntil: null,
  cancelRequested: false,
  attempts: 1,
  phase: null,
  counts: { listed, new: listed, changed: 0, same: 0, removed: 0, skipped: 0, failed: 0, waiting: 0, held: 0 },
  bytesRead: 0,
  bytesSaved: 0,
  requests: 0,
  errorCode: null,
  failureKind: null,
  error: null,
  notes: [],
});

test("live counts never fall while a run goes on", () => {
  expect(monotone(run("a", "running", 40), run("a", "running", 30))?.counts.new).toBe(40);
  expect(monotone(run("a", "running", 40), run("a", "running", 50))?.counts.new).toBe(50);
});

test("the end of a run and another run are shown as they are", () => {
  expect(monotone(run("a", "running", 40), run("a", "completed", 39))?.counts.new).toBe(39);
  expect(monotone(run("a", "running", 40), run("b", "running", 1))?.counts.new).toBe(1);
  expect(monotone(null, run("b", "queued", 0))?.id).toBe("b");
});
