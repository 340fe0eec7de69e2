import { afterEach } from "vitest";
import { createHttp, type ClosableHttp, type HttpSeams } from "#lib/egress/http.ts";
import { EgressError, type HttpOptions } from "#lib/egress/types.ts";
import type { Loopback } from "./loopback.ts";

/** Test help around one Http: made with what a test needs, closed after it. */
export interface EgressBench {
  /** Closes it after the test. */
  keep<T extends { close(): Promise<void> }>(closable: T): T;
  /** An Http that may reach these servers and nothing else private; everything is closed after the test. */
  client(servers: readonly Loopback[], options?: Partial<HttpOptions>, seams?: HttpSeams): ClosableHttp;
}

export function egressBench(): EgressBench {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  const keep: EgressBench["keep"] = (closable) => {
    open.push(closable);
    return closable;
  };
  return {
    keep,
    client(servers, options = {}, seams = {}) {
      for (const server of servers) keep(server);
      const allow = servers.map((server) => server.allow);
      return keep(createHttp({ allow, userAgent: "test", retryBaseMs: 1, ...options }, seams));
    },
  };
}

/** The EgressError a request ends with; anything else fails the test. */
export async function egressFault(act: Promise<unknown>): Promise<EgressError> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EgressError) return error;
  throw new Error("expected an EgressError", { cause: error });
}

/** Reads a stream to its end and counts its bytes. */
export async function drain(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.byteLength;
  return bytes;
}
