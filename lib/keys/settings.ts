import { accessScope, accessScopes, type AccessScope } from "#lib/contract/access.ts";
import { AppError } from "#lib/contract/errors.ts";
import { isStorable } from "#lib/contract/storable.ts";
import { containerTagPattern } from "#lib/contract/container-tag.ts";
import type { KeyView } from "#lib/contract/views.ts";

/** What is said about a key, checked: whoever asks, these rules hold. */

const rateMaxMost = 10_000;
const rateWindowMsMost = 3_600_000;
const expiresInDaysMost = 3_650;

/** Trimmed. @throws AppError invalid_request */
export function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed.length < 1 || trimmed.length > 100 || !isStorable(trimmed))
    throw invalid("name", "must be 1 to 100 characters");
  return trimmed;
}

/** At least one, each once, in the usual order; none that reaches beyond `containerTag`. @throws AppError invalid_request */
export function checkedScopes(scopes: readonly string[], containerTag: string | null): AccessScope[] {
  if (scopes.length === 0 || !scopes.every((scope) => accessScope.safeParse(scope).success))
    throw invalid("scopes", `must name at least one of ${accessScopes.join(", ")}`);
  if (containerTag !== null && scopes.includes("connections"))
    throw invalid("scopes", "cannot include connections for a single container: they are the whole organization's");
  return accessScopes.filter((scope) => scopes.includes(scope));
}

/** @throws AppError invalid_request */
export function checkedContainer(tag: string | null): string | null {
  if (tag === null || containerTagPattern.test(tag)) return tag;
  throw invalid("containerTag", "must be 1 to 100 characters: letters, digits, hyphen, underscore, colon or dot");
}

/** @throws AppError invalid_request */
export function checkedRate(rate: KeyView["rate"]): KeyView["rate"] {
  if (rate === null) return null;
  if (!isBetween(rate.max, rateMaxMost)) throw invalid("rateLimitMax", wholeNumber(rateMaxMost));
  if (!isBetween(rate.windowMs, rateWindowMsMost)) throw invalid("rateLimitTimeWindow", wholeNumber(rateWindowMsMost));
  return { max: rate.max, windowMs: rate.windowMs };
}

/** @throws AppError invalid_request */
export function checkedDays(days: number | undefined): number | undefined {
  if (days === undefined || isBetween(days, expiresInDaysMost)) return days;
  throw invalid("expiresInDays", wholeNumber(expiresInDaysMost));
}

function isBetween(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function wholeNumber(most: number): string {
  return `must be a whole number from 1 to ${most}`;
}

export function invalid(path: string, message: string): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields: [{ path, message }] });
}
