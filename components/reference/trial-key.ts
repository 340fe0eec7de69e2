import { useSyncExternalStore } from "react";

/** The key a reader tries requests with: in this page's memory, for all operations, and nowhere else. */
let key = "";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTrialKey(): string {
  return useSyncExternalStore(
    subscribe,
    () => key,
    () => "",
  );
}

export function setTrialKey(value: string): void {
  key = value;
  for (const listener of listeners) listener();
}
