import type { ExtractInput, Extracted, ExtractReason, Page, PageInput } from "./types.ts";

/** What the pool and its threads say to each other. */
export type Work =
  { readonly kind: "page"; readonly input: PageInput } | { readonly kind: "extract"; readonly input: ExtractInput };

export type Request = Work & { readonly id: number };

export type Reply =
  | { readonly id: number; readonly value: Page | Extracted; readonly heavy: boolean }
  | { readonly id: number; readonly reason: ExtractReason; readonly message: string; readonly heavy: boolean };
