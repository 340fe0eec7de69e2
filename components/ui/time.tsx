"use client";

import { useEffect, useState } from "react";
import { ago, local, utc } from "#lib/client/format.ts";

/**
 * "5 minutes ago", kept up to date, with both clocks on hover. The server's words may be a moment older than the
 * browser's: that is no mismatch worth a warning.
 */
export function RelativeTime({ at, className }: { readonly at: string; readonly className?: string }) {
  const [now, setNow] = useState(() => Date.now());
  const [title, setTitle] = useState(() => utc(at));
  useEffect(() => {
    setTitle(`${local(at)} · ${utc(at)}`);
    setNow(Date.now());
    const timer = setInterval(
      () => setNow(Date.now()),
      Math.abs(Date.now() - Date.parse(at)) < 90_000 ? 5_000 : 30_000,
    );
    return () => clearInterval(timer);
  }, [at]);
  return (
    <time dateTime={at} title={title} className={className} suppressHydrationWarning>
      {ago(Date.parse(at), now)}
    </time>
  );
}

/** Local date and time, UTC on hover; UTC until the browser has spoken. */
export function LocalTime({ at, className }: { readonly at: string; readonly className?: string }) {
  const [text, setText] = useState(() => utc(at));
  useEffect(() => setText(local(at)), [at]);
  return (
    <time dateTime={at} title={utc(at)} className={className}>
      {text}
    </time>
  );
}
