"use client";

import { useCallback, useEffect, useRef, useState } from "react";

export interface Live<Data> {
  readonly data: Data;
  /** the last try failed; what is shown is older than it looks */
  readonly reconnecting: boolean;
  /** asks now, e.g. after an action */
  readonly refresh: () => void;
  /** asking again is pointless: the session is over, or what is shown was deleted meanwhile */
  readonly ended: "signed-out" | "gone" | null;
  /** stops asking while the page itself deletes it; the result goes on asking */
  readonly hold: () => () => void;
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
  const [ended, setEnded] = useState<Live<Data>["ended"]>(null);
  const latest = useRef({ data: initial, every, merge });
  const asker = useRef<() => void>(() => {});
  const holder = useRef<() => () => void>(() => () => {});
  const painted = useRef({ url, initial });
  useEffect(() => {
    latest.current.every = every;
    latest.current.merge = merge;
  });

  // A new paint by the server may have been on its way for longer than the latest answer: it only prompts a question,
  // unless it is about something else.
  useEffect(() => {
    const before = painted.current;
    if (before.initial === initial) return;
    painted.current = { url, initial };
    if (before.url === url) {
      asker.current();
      return;
    }
    latest.current.data = initial;
    setData(initial);
  }, [url, initial]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking: AbortController | undefined;
    let failures = 0;
    let stopped = false;
    let held = false;

    const plan = () => {
      clearTimeout(timer);
      if (stopped || held || document.hidden) return;
      const { data: shown, every: pace } = latest.current;
      timer = setTimeout(ask, failures ? Math.min(slowest, 500 * 2 ** failures) : pace(shown));
    };

    const ask = async () => {
      if (stopped || held) return;
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
        if (reply.status === 401 || reply.status === 404) {
          stopped = true;
          setEnded(reply.status === 401 ? "signed-out" : "gone");
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
    plan();
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("online", seen);
    asker.current = () => void ask();
    holder.current = () => {
      held = true;
      clearTimeout(timer);
      asking?.abort();
      return () => {
        held = false;
        plan();
      };
    };
    return () => {
      stopped = true;
      clearTimeout(timer);
      asking?.abort();
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", seen);
    };
  }, [url]);

  const refresh = useCallback(() => asker.current(), []);
  const hold = useCallback(() => holder.current(), []);
  return { data, reconnecting, refresh, ended, hold };
}
