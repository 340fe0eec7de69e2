import type { HttpRequest } from "./types.ts";

/** Limits of one attempt, all given. */
export interface Limits {
  readonly maxBytes: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
}

export const defaultLimits: Limits = {
  maxBytes: 10 * 1024 * 1024,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  totalTimeoutMs: 120_000,
};

/** What a request asks for, and the defaults for the rest. */
export function limitsOf(request: HttpRequest): Limits {
  if (
    request.maxBytes === undefined &&
    request.connectTimeoutMs === undefined &&
    request.headersTimeoutMs === undefined &&
    request.idleTimeoutMs === undefined &&
    request.totalTimeoutMs === undefined
  ) {
    return defaultLimits;
  }
  return {
    maxBytes: request.maxBytes ?? defaultLimits.maxBytes,
    connectTimeoutMs: request.connectTimeoutMs ?? defaultLimits.connectTimeoutMs,
    headersTimeoutMs: request.headersTimeoutMs ?? defaultLimits.headersTimeoutMs,
    idleTimeoutMs: request.idleTimeoutMs ?? defaultLimits.idleTimeoutMs,
    totalTimeoutMs: request.totalTimeoutMs ?? defaultLimits.totalTimeoutMs,
  };
}
