import { printableKey } from "#lib/contract/key.ts";
import { defineConnector } from "../types.ts";
import { hostsOf } from "./address.ts";
import { s3Changes, s3Cursor, type S3Cursor } from "./changes.ts";
import { checkBucket } from "./check.ts";
import { type S3Config, s3Config } from "./config.ts";
import { readObject } from "./read.ts";
import { tagRule, type TagRule } from "./tag-rule.ts";

const rules = new WeakMap<object, TagRule>();

/** Compiled once per settings object. */
function ruleOf(config: Readonly<S3Config>): TagRule {
  let rule = rules.get(config);
  if (!rule) rules.set(config, (rule = tagRule(config.containerTagRegex, config.unmatched)));
  return rule;
}

/** Amazon S3 and every store that speaks its protocol. */
export const s3 = defineConnector<S3Config, S3Cursor>({
  id: "s3",
  name: "S3 bucket",
  summary: "Amazon S3, Cloudflare R2, DigitalOcean Spaces, Tigris, MinIO and other compatible stores",
  noun: ["object", "objects"],
  category: "storage",
  config: s3Config,
  settings: [
    "accessKeyId",
    "secretAccessKey",
    "bucket",
    "region",
    "endpoint",
    "prefix",
    "containerTagRegex",
    "unmatched",
    "pathStyle",
  ],
  secrets: ["accessKeyId", "secretAccessKey"],
  rescan: ["bucket", "endpoint", "prefix", "pathStyle"],
  fields: {
    accessKeyId: { label: "Access key ID", kind: "secret", placeholder: "AKIA…" },
    secretAccessKey: { label: "Secret access key", kind: "secret" },
    bucket: { label: "Bucket", placeholder: "company-docs", help: "The name alone, without s3:// or a path." },
    region: { label: "Region", placeholder: "eu-central-1", help: "“auto” for Cloudflare R2, Tigris and MinIO." },
    endpoint: {
      label: "Endpoint",
      kind: "url",
      placeholder: "https://nyc3.digitaloceanspaces.com",
      help: "Only for stores other than Amazon: the base address without the bucket.",
    },
    prefix: { label: "Prefix", placeholder: "handbook/", help: "Only keys that begin with it are synced." },
    containerTagRegex: {
      label: "Container tag from the key",
      placeholder: "users/(?<userId>[^/]+)/",
      help: "A regular expression with a group named userId; what it captures becomes the document's container tag.",
    },
    unmatched: {
      label: "Keys that give no container tag",
      kind: "select",
      group: "advanced",
      options: [
        { value: "connection", label: "Use the connection's own tags" },
        { value: "skip", label: "Leave them out" },
        { value: "hold", label: "Hold them until I decide" },
      ],
    },
    pathStyle: {
      label: "Bucket in the path",
      kind: "select",
      group: "advanced",
      help: "How requests name the bucket. Automatic fits Amazon and almost every other store.",
      options: [
        { value: "auto", label: "Automatic" },
        { value: "true", label: "Always in the path" },
        { value: "false", label: "Always in the host name" },
      ],
    },
  },
  auth: { kind: "keys" },
  cursor: s3Cursor,
  order: "keyed",
  hosts: hostsOf,
  pace: () => ({ perSecond: 0, concurrency: 128 }),
  readers: 128,
  everyHours: 4,
  documentType: "text",
  customId: (config, id) => `s3://${config.bucket}/${printableKey(id)}`,
  tagsOf: (config, id) => ruleOf(config)(id),
  check: checkBucket,
  changes: s3Changes,
  read: readObject,
});
