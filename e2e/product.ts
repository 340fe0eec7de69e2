import { readFileSync } from "node:fs";

/** The running product, as global-setup.ts left word of it. */
export interface Product {
  readonly url: string;
  readonly setupUrl: string;
  readonly dataDir: string;
  /** ports the egress guard lets through: a website, a store, and one where nobody listens */
  readonly websitePort: number;
  readonly storePort: number;
  readonly closedPort: number;
}

export const describeProduct = "test-results/product.json";

export function product(): Product {
  return JSON.parse(readFileSync(describeProduct, "utf8")) as Product;
}
