import { AppError } from "#lib/contract/errors.ts";
import { isMoment } from "#lib/contract/keyset.ts";
import type { Order } from "./repo.ts";

/**
 * Where a listing of the API goes on: the place of the last document shown, and what the page it was on said of the
 * whole. Counting a filter's documents takes longer the more there are; reading on from a place does not.
 */
export interface ListCursor {
  /** the sort key of the last document shown, ISO 8601 */
  readonly at: string;
  readonly id: string;
  /** the page it was on, from 1 */
  readonly page: number;
  /** documents there were when the listing began */
  readonly totalItems: number;
}

const shape =
  /^([cu])([ad])\|(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)\|([0-9A-Za-z]{1,22})\|(\d{1,9})\|(\d{1,12})$/;

/** Opaque to callers: base64url, at most 100 characters. */
export function encodeListCursor(cursor: ListCursor, order: Order): string {
  const { at, id, page, totalItems } = cursor;
  return Buffer.from(`${marksOf(order)}|${at}|${id}|${page}|${totalItems}`).toString("base64url");
}

/** @throws AppError invalid_request for what we did not write, or wrote for another order */
export function decodeListCursor(text: string, order: Order): ListCursor {
  const [, sort, direction, at = "", id = "", page, totalItems] =
    shape.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  if (!/^[\w-]+$/.test(text) || !isMoment(at)) throw refused("is not one of our cursors");
  if (`${sort}${direction}` !== marksOf(order)) throw refused("belongs to a listing in another order");
  return { at, id, page: Number(page), totalItems: Number(totalItems) };
}

function refused(message: string): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields: [{ path: "cursor", message }] });
}

const marksOf = ({ sort, order }: Order): string => `${sort === "updatedAt" ? "u" : "c"}${order === "asc" ? "a" : "d"}`;
