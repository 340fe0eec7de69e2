import { z } from "zod";
import { defineConnector, type Connector } from "../types.ts";
import { changes } from "./changes.ts";
import { check } from "./check.ts";
import { cursorSchema, type Cursor } from "./cursor.ts";
import { notionOAuth } from "./oauth.ts";
import { readPage } from "./read.ts";
import { defaultTuning, type Tuning } from "./tuning.ts";
import { notionWebhook } from "./webhook.ts";

type Config = Record<string, never>;

/** @param tuning replaced by tests */
export function createNotion(tuning: Tuning = defaultTuning): Connector<Config, Cursor> {
  return {
    id: "notion",
    name: "Notion",
    summary: "The pages and databases of a workspace that are shared with the connection",
    noun: ["page", "pages"],
    category: "workspace",
    config: z.object({}),
    settings: [],
    secrets: [],
    rescan: [],
    fields: {},
    auth: notionOAuth,
    cursor: cursorSchema,
    order: "marked",
    webhook: notionWebhook,
    hosts: () => [],
    pace: () => ({ perSecond: tuning.perSecond, concurrency: tuning.concurrency }),
    readers: 2,
    everyHours: 4,
    documentType: "notion_doc",
    customId: (_config, id) => id,
    check,
    changes: (ctx, since) => changes(ctx, since, tuning),
    read: (ctx, item) => readPage(ctx, item, tuning),
  };
}

export const notion = defineConnector(createNotion());
