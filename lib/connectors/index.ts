import type { Connector } from "./types.ts";

/** The providers this version can connect, in the order people see them: one line each. */
export const connectors: readonly Connector[] = [];
