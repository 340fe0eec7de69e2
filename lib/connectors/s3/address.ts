import type { S3Config } from "./config.ts";
import { amazonHost, isAmazonEndpoint, siblingRegions } from "./regions.ts";

/** Where the requests of a connection go. Derived from its settings alone, never from what a server says. */
export interface Address {
  readonly origin: string;
  /** as in the Host header */
  readonly host: string;
  /** path of the bucket itself, encoded: "/" or "/bucket" */
  readonly bucketPath: string;
  /** what comes before an object's encoded key: "/" or "/bucket/" */
  readonly keyPath: string;
}

type Place = Pick<S3Config, "bucket" | "endpoint" | "pathStyle">;

/** No endpoint, or one of Amazon's own: the host follows from the region. */
export function isAmazon(config: Pick<S3Config, "endpoint">): boolean {
  return !config.endpoint || isAmazonEndpoint(new URL(config.endpoint).hostname);
}

/** The address of a bucket in a region. */
export function addressOf(config: Place, region: string): Address {
  const base =
    isAmazon(config) || !config.endpoint ? new URL(`https://${amazonHost(region)}`) : new URL(config.endpoint);
  if (usesPathStyle(config)) {
    const bucketPath = `/${config.bucket}`;
    return { origin: base.origin, host: base.host, bucketPath, keyPath: `${bucketPath}/` };
  }
  const host = `${config.bucket}.${base.host}`;
  return { origin: `${base.protocol}//${host}`, host, bucketPath: "/", keyPath: "/" };
}

/**
 * Amazon wants the bucket in the host name; elsewhere the path always works, the host name only with matching DNS.
 * A name with dots would not match Amazon's wildcard certificate, one with capitals is no host name.
 */
function usesPathStyle(config: Place): boolean {
  if (config.pathStyle !== "auto") return config.pathStyle === "true";
  return !isAmazon(config) || !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(config.bucket);
}

/** Every host a connection may reach: its endpoint, or Amazon's regions (a bucket may be in another than was typed). */
export function hostsOf(config: Place & Pick<S3Config, "region">): readonly string[] {
  const regions = isAmazon(config) ? new Set([config.region, ...siblingRegions(config.region)]) : [config.region];
  return Array.from(regions, (region) => new URL(addressOf(config, region).origin).hostname);
}
