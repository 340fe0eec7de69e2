"use client";

import { useEffect, useRef, useState } from "react";
import { settle, type ActionResult } from "#lib/client/result.ts";

/** A server action that says where the browser has to go. */
export type Go<Input> = (input: Input) => Promise<ActionResult<{ readonly location: string }>>;

export interface GoProblem {
  readonly title: string;
  readonly fix: string | undefined;
}

/**
 * Runs such an action once and leaves. `busy` names the one under way until the page is gone; who comes back by the
 * browser's own button can press again.
 */
export function useGo() {
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<GoProblem | null>(null);
  const underWay = useRef(false);

  useEffect(() => {
    const again = (event: PageTransitionEvent) => {
      if (!event.persisted) return;
      underWay.current = false;
      setBusy(null);
    };
    window.addEventListener("pageshow", again);
    return () => window.removeEventListener("pageshow", again);
  }, []);

  const go = async <Input>(name: string, act: Go<Input>, input: Input): Promise<void> => {
    if (underWay.current) return;
    underWay.current = true;
    setBusy(name);
    setProblem(null);
    const result = await settle(act(input));
    if (result.ok) return window.location.assign(result.value.location);
    underWay.current = false;
    setBusy(null);
    setProblem({ title: result.error, fix: result.fix ?? result.fields[0]?.message });
  };

  return { go, busy, problem };
}
