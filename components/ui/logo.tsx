import { cx } from "./cx.ts";

/** The mark: three streams that become one. */
export function LogoMark({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={cx("size-7 shrink-0", className)} fill="none" strokeLinecap="round">
      <path d="M4 6.5c7.5 0 8 9.5 15 9.5" className="stroke-stream-3" strokeWidth="3.2" />
      <path d="M4 25.5c7.5 0 8-9.500 15-9.5" className="stroke-stream-2" strokeWidth="3.2" />
      <path d="M4 16h24" className="stroke-stream-1" strokeWidth="3.2" />
      <circle cx="27" cy="16" r="3" className="fill-stream-1" />
    </svg>
  );
}

export function Logo({ className }: { readonly className?: string }) {
  return (
    <span className={cx("inline-flex items-center gap-2.5", className)}>
      <LogoMark />
      <span className="text-[1.0625rem] font-semibold tracking-[-0.02em]">Tributary</span>
    </span>
  );
}

/** A quiet drawing for empty places: several sources, one stream. */
export function StreamsArt({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 160 56" aria-hidden className={className} fill="none" strokeLinecap="round" strokeWidth="2">
      <path d="M6 8c46 0 44 20 78 20" className="stroke-stream-3" />
      <path d="M6 48c46 0 44-20 78-20" className="stroke-stream-2" />
      <path d="M6 28h60" className="stroke-stream-1" strokeDasharray="1 6" />
      <path d="M84 28h66" className="stroke-stream-1" strokeWidth="3" />
      <circle cx="6" cy="8" r="4" className="fill-stream-3" />
      <circle cx="6" cy="28" r="4" className="fill-stream-1" />
      <circle cx="6" cy="48" r="4" className="fill-stream-2" />
      <rect x="142" y="18" width="15" height="20" rx="3" className="fill-canvas stroke-stream-1" />
      <path d="M146 25h7M146 30h5" className="stroke-stream-1" strokeWidth="1.5" />
    </svg>
  );
}
