import { useSyncExternalStore } from "react";
import type { ExampleLanguage } from "#lib/contract/examples/example.ts";

/** The language chosen once is that of every example on the page. */
let chosen: ExampleLanguage = "curl";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): ExampleLanguage {
  return useSyncExternalStore(
    subscribe,
    () => chosen,
    () => "curl",
  );
}

export function chooseLanguage(language: ExampleLanguage): void {
  chosen = language;
  for (const listener of listeners) listener();
}
