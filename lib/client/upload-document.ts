import type { DocumentStatus } from "#lib/contract/views.ts";
import { ApiError, createApi, Unreachable } from "./api.ts";
import type { ActionResult } from "./result.ts";

export interface AddedDocument {
  readonly id: string;
  readonly status: DocumentStatus;
}

/** 50 MB over a slow line. */
export const uploadMsMax = 10 * 60_000;

const api = createApi<typeof import("#lib/contract/console-operations.ts")>({ baseUrl: "", timeoutMs: uploadMsMax });

/** Sends a file with the session's cookie; answers like a server action, and never throws. */
export async function uploadDocument(
  file: File,
  containerTags: readonly string[],
  signal: AbortSignal,
): Promise<ActionResult<AddedDocument>> {
  const body = new FormData();
  // Before the file, so that the server knows what it is for.
  body.set("containerTags", JSON.stringify(containerTags));
  body.set("file", file);
  try {
    return { ok: true, value: await api.call("POST /api/console/documents/file", { body, signal }) };
  } catch (error) {
    return { ok: false, fields: [], ...explain(error, signal) };
  }
}

function explain(error: unknown, signal: AbortSignal): { error: string; fix?: string | undefined } {
  if (signal.aborted) return { error: "The upload was canceled." };
  if (error instanceof ApiError && error.status === 401)
    return { error: "Your session has ended.", fix: "Sign in again, then repeat this." };
  if (error instanceof ApiError) return { error: error.message, fix: error.details };
  if (error instanceof Unreachable) return { error: error.message, fix: "Check the connection, then try again." };
  return { error: "The file could not be read.", fix: "It may have changed since it was chosen. Choose it again." };
}
