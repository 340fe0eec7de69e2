import type { ReactNode } from "react";
import { cx } from "#components/ui/cx.ts";
import { Logo } from "#components/ui/logo.tsx";

interface AuthFrameProps {
  readonly children: ReactNode;
  /** for lists that need the room */
  readonly wide?: boolean;
}

/** The calm room in front of the console: one card, the streams behind it. */
export function AuthFrame({ children, wide = false }: AuthFrameProps) {
  return (
    <div className="relative isolate flex min-h-dvh flex-col overflow-clip">
      <svg
        viewBox="0 0 1440 900"
        preserveAspectRatio="xMidYMid slice"
        aria-hidden
        className="absolute inset-0 -z-10 size-full opacity-[0.16]"
        fill="none"
        strokeWidth="3"
      >
        <path d="M-20 120C420 120 520 470 900 470S1300 470 1460 470" className="stroke-stream-3" />
        <path d="M-20 330C380 330 560 482 900 482S1300 482 1460 482" className="stroke-stream-1" />
        <path d="M-20 640C400 640 540 494 900 494S1300 494 1460 494" className="stroke-stream-2" />
        <path d="M-20 840C460 840 580 506 900 506S1300 506 1460 506" className="stroke-stream-3" />
      </svg>
      <main
        id="main"
        className={cx("mx-auto flex w-full flex-1 flex-col justify-center px-4 py-10", wide ? "max-w-4xl" : "max-w-md")}
      >
        <Logo className="mb-6" />
        <div className="rounded-card border border-line bg-surface p-6 shadow-[0_12px_48px_var(--shadow)] sm:p-8">
          {children}
        </div>
      </main>
    </div>
  );
}
