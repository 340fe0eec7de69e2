import { googleDrive } from "./google-drive/connector.ts";
import { notion } from "./notion/connector.ts";
import { oneDrive } from "./onedrive/onedrive.ts";
import { s3 } from "./s3/s3.ts";
import type { Connector } from "./types.ts";
import { webCrawler } from "./web-crawler/connector.ts";

/** The providers this version can connect, in the order people see them: one line each. */
export const connectors: readonly Connector[] = [notion, googleDrive, oneDrive, s3, webCrawler];
