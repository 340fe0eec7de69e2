"use client";

import { useCallback, useEffect, useRef, useState } from "react";

export interface Live<Data> {
  readonly data: Data;
  /** the last try failed; what is shown is older than it looks */
  readonly reconnecting: boolean;
  /** asks now, e.g. after an action */
  readonly refresh: () => void;
  /** 401: the session is over and asking again is pointless */
  readonly signedOut: boolean;
}

interface Options<Data> {
  readonly url: string;
  /** from the server's first paint */
  readonly initial: Data;
  /** milliseconds until the next question, by what was answered last */
  readonly every: (data: Data) => number;
  /** brings an answer into line with what is shown, e.g. so that counts never fall */
  readonly merge?: (shown: Data, answer: Data) => Data;
}

const slowest = 15_000;

/**
 * Keeps one view fresh by asking again. Stops while the tab is hidden and asks at once when it is seen again; after a
 * failure it waits twice as long each time, up to 15 s, and says that it is reconnecting.
 */
export function useLive<Data>({ url, initial, every, merge }: Options<Data>): Live<Data> {
  const [data, setData] = useState(initial);
  const [reconnecting, setReconnecting] = useState(false);
  const [signedOut, setSignedOut] = useState(false);
  const latest = useRef({ data: initial, every, merge });
  const kick = useRef<() => void>(() => {});
  const askers = useRef<() => void>(() => {});
  useEffect(() => {
    latest.current.every = every;
    latest.current.merge = merge;
  });

  // a new first paint (after navigation or router.refresh) is newer than what was polled
  useEffect(() => {
    latest.current.data = initial;
    setData(initial);
    kick.current();
  }, [initial]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking: AbortController | undefined;
    let failures = 0;
    let stopped = false;

    const plan = () => {
      clearTimeout(timer);
      if (stopped || document.hidden) return;
      const { data: shown, every: pace } = latest.current;
      timer = setTimeout(ask, failures ? Math.min(slowest, 500 * 2 ** failures) : pace(shown));
    };

    const ask = async () => {
      clearTimeout(timer);
      asking?.abort();
      const mine = new AbortController();
      asking = mine;
      try {
        const reply = await fetch(url, {
          cache: "no-store",
          headers: { accept: "application/json" },
          signal: AbortSignal.any([mine.signal, AbortSignal.timeout(10_000)]),
        });
        if (reply.status === 401) {
          stopped = true;
          setSignedOut(true);
          return;
        }
        if (!reply.ok) throw new Error(String(reply.status));
        const answer = (await reply.json()) as Data;
        if (mine.signal.aborted) return;
        failures = 0;
        const { data: shown, merge: bring } = latest.current;
        const next = bring ? bring(shown, answer) : answer;
        latest.current.data = next;
        setData(next);
        setReconnecting(false);
      } catch {
        if (mine.signal.aborted) return;
        failures++;
        setReconnecting(true);
      }
      plan();
    };

    const seen = () => {
      if (document.hidden) clearTimeout(timer);
      else void ask();
    };
    kick.current = plan;
    plan();
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", seen);
    const now = () => void ask();
    askers.current = now;
    return () => {
      stopped = true;
      clearTimeout(timer);
      asking?.abort();
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", seen);
    };
  }, [url]);

  const refresh = useCallback(() => askers.current(), []);
  return { data, reconnecting, refresh, signedOut };
}
