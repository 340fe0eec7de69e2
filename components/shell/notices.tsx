"use client";

import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { dismiss, noticeStore, type Notice } from "#lib/client/notices.ts";
import { buttonClass } from "#components/ui/button.tsx";
import { cx } from "#components/ui/cx.ts";

const none: readonly Notice[] = [];
const silence = { text: "", turn: 0 };

/** The one place for toasts and spoken notes. */
export function Notices() {
  const notices = useSyncExternalStore(noticeStore.subscribe, noticeStore.notices, () => none);
  const spoken = useSyncExternalStore(noticeStore.subscribe, noticeStore.spoken, () => silence);
  return (
    <>
      {/* alternating regions, so that the same words twice are heard twice */}
      <div aria-live="polite" className="sr-only">
        {spoken.turn % 2 === 0 ? spoken.text : ""}
      </div>
      <div aria-live="polite" className="sr-only">
        {spoken.turn % 2 === 1 ? spoken.text : ""}
      </div>
      <section
        aria-label="Notifications"
        className="pointer-events-none fixed inset-x-3 bottom-[calc(4.75rem+env(safe-area-inset-bottom))] z-40 flex flex-col items-end gap-2 sm:inset-x-auto sm:right-5 lg:bottom-5"
      >
        <ul data-notices className="contents" aria-live="polite" aria-relevant="additions">
          {notices.map((notice) => (
            <Toast key={notice.id} notice={notice} />
          ))}
        </ul>
      </section>
    </>
  );
}

const icons = { good: CircleCheck, bad: CircleAlert, info: Info } as const;
const inks = { good: "text-good", bad: "text-bad", info: "text-accent-ink" } as const;

function Toast({ notice }: { readonly notice: Notice }) {
  const [held, setHeld] = useState(false);
  const left = useRef(notice.stay);
  useEffect(() => {
    if (held) return;
    const began = performance.now();
    const timer = setTimeout(() => dismiss(notice.id), left.current);
    return () => {
      clearTimeout(timer);
      left.current = Math.max(1_500, left.current - (performance.now() - began));
    };
  }, [held, notice.id]);
  const Icon = icons[notice.tone];
  return (
    <li
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex w-full animate-rise items-start gap-3 rounded-card border border-line bg-raised p-3 ps-4 shadow-[0_8px_30px_var(--shadow)] sm:w-96"
    >
      <Icon aria-hidden className={cx("mt-1.5 size-5 shrink-0", inks[notice.tone])} />
      <div className="min-w-0 flex-1 py-1">
        <p className="font-medium">{notice.title}</p>
        {notice.detail ? <p className="text-sm text-muted">{notice.detail}</p> : null}
        {notice.action ? (
          <button
            type="button"
            className={buttonClass("secondary", "small", "mt-2")}
            onClick={() => {
              notice.action?.run();
              dismiss(notice.id);
            }}
          >
            {notice.action.label}
          </button>
        ) : null}
      </div>
      <button
        type="button"
        aria-label="Dismiss notification"
        onClick={() => dismiss(notice.id)}
        className="inline-grid size-9 shrink-0 place-items-center rounded-control text-muted hover:bg-hover hover:text-ink"
      >
        <X aria-hidden className="size-4" />
      </button>
    </li>
  );
}
