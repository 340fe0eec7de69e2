import type { Principal } from "#lib/contract/principal.ts";
import type { ConnectionView, ProviderView, TagPreview, TestResult } from "#lib/contract/views.ts";
import type {
  CreateConnectionInput,
  DeleteConnectionInput,
  ListConnectionsInput,
  PreviewTagsInput,
  TestConnectionInput,
  UpdateConnectionInput,
} from "./inputs.ts";

/**
 * The verbs of connections. Every one takes who is calling first, sees only that caller's organization and throws
 * AppError for callers: an unknown id and another organization's id are the same `not_found`.
 */

function todo(): never {
  throw new Error("being built");
}

/** Every provider that can be connected, in the order of the registry. */
export async function listProviders(_principal: Principal): Promise<readonly ProviderView[]> {
  return todo();
}
/** @throws AppError not_found */
export async function getProvider(_principal: Principal, _provider: string): Promise<ProviderView> {
  return todo();
}
/** Checks settings against the provider, cheaply and read-only; stores nothing. Answers within about 10 s. */
export async function testConnection(_principal: Principal, _input: TestConnectionInput): Promise<TestResult> {
  return todo();
}
/** Which tags ids would get by these settings, without any request. Wrong settings give an empty list. */
export async function previewTags(_principal: Principal, _input: PreviewTagsInput): Promise<readonly TagPreview[]> {
  return todo();
}
/** Checks the settings against the provider, then stores the connection and queues its first sync in one transaction. */
export async function createConnection(_principal: Principal, _input: CreateConnectionInput): Promise<ConnectionView> {
  return todo();
}
/** Newest first. */
export async function listConnections(
  _principal: Principal,
  _input: ListConnectionsInput = {},
): Promise<readonly ConnectionView[]> {
  return todo();
}
/** With the last four characters of each secret. @throws AppError not_found */
export async function getConnection(_principal: Principal, _connectionId: string): Promise<ConnectionView> {
  return todo();
}
/** The newest connection of that provider with all of these tags. @throws AppError not_found */
export async function getConnectionByTags(
  _principal: Principal,
  _provider: string,
  _containerTags: readonly string[],
): Promise<ConnectionView> {
  return todo();
}
/** Settings are checked against the provider again when they change. @throws AppError */
export async function updateConnection(
  _principal: Principal,
  _connectionId: string,
  _input: UpdateConnectionInput,
): Promise<ConnectionView> {
  return todo();
}
/** No sync starts until resumed; one under way stops at its next checkpoint. */
export async function pauseConnection(_principal: Principal, _connectionId: string): Promise<ConnectionView> {
  return todo();
}
/** Scheduled again, and a sync is queued at once. */
export async function resumeConnection(_principal: Principal, _connectionId: string): Promise<ConnectionView> {
  return todo();
}
/** Queues a sync; while one is queued already, that one is answered. @throws AppError conflict when paused */
export async function requestSync(
  _principal: Principal,
  _connectionId: string,
): Promise<{ readonly runId: string; readonly coalesced: boolean }> {
  return todo();
}
/** Queues a sync of every active connection of a provider that has all of the tags; how many there are. */
export async function importProvider(
  _principal: Principal,
  _provider: string,
  _containerTags: readonly string[],
): Promise<{ readonly connections: number }> {
  return todo();
}
/** Gone from every view at once; for `undoSeconds` (UNDO_S by default) it can be restored. */
export async function deleteConnection(
  _principal: Principal,
  _connectionId: string,
  _input: DeleteConnectionInput,
): Promise<{ readonly id: string; readonly provider: string; readonly undoUntil: string | null }> {
  return todo();
}
/** Undo. @throws AppError not_found when it is too late */
export async function restoreConnection(_principal: Principal, _connectionId: string): Promise<ConnectionView> {
  return todo();
}
