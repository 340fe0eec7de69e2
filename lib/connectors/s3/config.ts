import { z } from "zod";
import { isAmazonEndpoint, regionPattern } from "./regions.ts";
import { refuseExpression } from "./tag-rule.ts";

/** Text that goes into headers and paths: no control characters, no blanks inside. */
const token = (what: string, max: number) =>
  z
    .string({ error: `${what} is required` })
    .trim()
    .min(1, `${what} is required`)
    .max(max, `${what} must not have more than ${max} characters`)
    .regex(/^[\x21-\x7e]*$/, `${what} must not contain blanks or special characters`);

/** Current rules, plus what older buckets and other stores allow: upper case, underscores, up to 255 characters. */
const bucket = token("bucket", 255)
  .refine((name) => !name.startsWith("arn:"), "must be the bucket's name, not an ARN")
  .refine(
    (name) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(name),
    "must be the bucket's name alone, without s3:// or https://",
  )
  .refine((name) => !name.includes("/"), "must be the bucket's name alone; put what follows the slash into prefix")
  .refine(
    (name) => /^[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]$/.test(name) && !name.includes(".."),
    "must be 2 or more letters, digits, dots, hyphens or underscores, beginning and ending with a letter or digit",
  );

const endpoint = z
  .string()
  .trim()
  .max(500)
  .transform((text, ctx) => {
    if (!text) return undefined;
    const problem = endpointProblem(text);
    if (!problem) return originOf(text);
    ctx.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  });

/** Without the dot that may end a host name: it is not part of what is signed. */
function originOf(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host.replace(/\.(?=$|:)/, "")}`;
}

function endpointProblem(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return "must begin with https://, e.g. https://nyc3.digitaloceanspaces.com";
  // The parser would quietly drop these.
  if (/[\s\\\p{Cc}]/u.test(text)) return "must not contain blanks, backslashes or control characters";
  if (!URL.canParse(text)) return "is not an address";
  const url = new URL(text);
  if (url.username || url.password || text.includes("@")) return "must not contain a user name or password";
  if (text.includes("?") || text.includes("#")) return "must not contain a query or fragment";
  if (url.pathname !== "/") return "must be the store's base address without a path; the bucket goes into bucket";
  return undefined;
}

const prefix = z
  .string()
  .max(1024, "must not have more than 1,024 characters")
  .refine((text) => text.isWellFormed() && !text.includes("\u0000"), "must be plain text")
  .transform((text) => text || undefined);

const containerTagRegex = z.string().superRefine((expression, ctx) => {
  const refusal = expression ? refuseExpression(expression) : undefined;
  if (refusal) ctx.addIssue({ code: "custom", message: refusal });
});

/** `metadata` of POST /v3/connections/s3. */
export const s3Config = z
  .object({
    accessKeyId: token("accessKeyId", 256).refine(
      (id) => !/[/,=]/.test(id),
      "must not contain a slash, comma or equals sign",
    ),
    secretAccessKey: token("secretAccessKey", 1024),
    bucket,
    region: z
      .string({ error: "region is required" })
      .trim()
      .toLowerCase()
      .regex(regionPattern, "must be a region such as eu-central-1, or auto"),
    endpoint: endpoint.optional(),
    prefix: prefix.optional(),
    containerTagRegex: containerTagRegex.optional().transform((text) => text || undefined),
    unmatched: z.enum(["connection", "skip", "hold"]).default("connection"),
    pathStyle: z
      .union([z.boolean(), z.enum(["auto", "true", "false"])])
      .transform((value) => (typeof value === "boolean" ? (value ? "true" : "false") : value))
      .default("auto"),
  })
  .superRefine((config, ctx) => {
    const host = config.endpoint ? new URL(config.endpoint).hostname : undefined;
    if (config.region === "auto" && (host === undefined || isAmazonEndpoint(host))) {
      const message = "must be the bucket's region for Amazon S3; auto is for stores with an endpoint of their own";
      ctx.addIssue({ code: "custom", path: ["region"], message });
    }
    if (host?.startsWith(`${config.bucket.toLowerCase()}.`) && config.pathStyle !== "true") {
      const message = `must not contain the bucket: use ${config.endpoint?.replace(`${config.bucket.toLowerCase()}.`, "")} (or, if this really is the store's own address, set pathStyle to true)`;
      ctx.addIssue({ code: "custom", path: ["endpoint"], message });
    }
  });

export type S3Config = z.output<typeof s3Config>;
