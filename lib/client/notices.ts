/** Toasts and spoken notes: anything may send one, <Notices> in the layout shows them. */
export interface Notice {
  readonly id: number;
  readonly tone: "good" | "bad" | "info";
  readonly title: string;
  readonly detail?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** milliseconds on screen, not counting the time it is hovered or focused */
  readonly stay: number;
}

type Listener = () => void;

let notices: readonly Notice[] = [];
let spoken = { text: "", turn: 0 };
let nextId = 1;
const listeners = new Set<Listener>();

function changed(): void {
  for (const listener of listeners) listener();
}

/** Shows a toast and returns how to take it away. Something to act on stays at least 12 s, a failure 10 s. */
export function notify(notice: Omit<Notice, "id" | "stay"> & { readonly stay?: number }): () => void {
  const id = nextId++;
  const stay = notice.stay ?? (notice.action ? 12_000 : notice.tone === "bad" ? 10_000 : 5_000);
  notices = [...notices.slice(-2), { ...notice, id, stay }];
  changed();
  return () => dismiss(id);
}

export function dismiss(id: number): void {
  notices = notices.filter((notice) => notice.id !== id);
  changed();
}

/** Says something to screen readers without showing it. */
export function announce(text: string): void {
  spoken = { text, turn: spoken.turn + 1 };
  changed();
}

export const noticeStore = {
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  notices: () => notices,
  spoken: () => spoken,
};
