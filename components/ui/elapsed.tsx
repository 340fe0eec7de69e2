"use client";

import { useEffect, useState } from "react";
import { duration } from "#lib/client/format.ts";

/** A clock that runs since `from`, or the time between two moments. */
export function Elapsed({ from, to }: { readonly from: string; readonly to: string | null }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (to) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [to]);
  return (
    <span className="tabular-nums" suppressHydrationWarning>
      {duration((to ? Date.parse(to) : now) - Date.parse(from))}
    </span>
  );
}
