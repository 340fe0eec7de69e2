import { readFileSync } from "node:fs";

/** The running product, as global-setup.ts left word of it. */
export interface Product extends Ports {
  readonly url: string;
  readonly setupUrl: string;
  readonly dataDir: string;
}

export interface Ports {
  /** ports the egress guard lets through: a website, a store, and one where nobody listens */
  readonly websitePort: number;
  readonly storePort: number;
  readonly closedPort: number;
  /** where the product looks for these providers */
  readonly notionPort: number;
  readonly drivePort: number;
  readonly onedrivePort: number;
  /** where OneDrive's files are downloaded from */
  readonly onedriveFilesPort: number;
}

/** The OAuth app of the journeys, at every provider. The operator has entered it for all but OneDrive. */
export const oauthApp = { clientId: "tributary-journeys", clientSecret: "journeys-secret-of-the-app" } as const;

export const describeProduct = "test-results/product.json";

export function product(): Product {
  return JSON.parse(readFileSync(describeProduct, "utf8")) as Product;
}
