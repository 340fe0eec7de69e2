"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { liveQuery, type LiveOptions } from "./live-query.ts";
import { Ended, liveKey } from "./query-client.ts";

export interface Live<Data> {
  readonly data: Data;
  /** the last try failed; what is shown is older than it looks */
  readonly reconnecting: boolean;
  /** asking again is pointless: the session is over, or what is shown was deleted meanwhile */
  readonly ended: Ended["why"] | null;
  /** stops asking while the page itself deletes it; the result goes on asking */
  readonly hold: () => () => void;
}

/**
 * Keeps one view fresh. Stops while the tab is hidden and asks at once when it is seen again; after a failure it waits
 * twice as long each time, up to 15 s, and says that it is reconnecting.
 */
export function useLive<Data>(options: LiveOptions<Data>): Live<Data> {
  const { name, initial } = options;
  const client = useQueryClient();
  const [held, setHeld] = useState(false);
  const { data, failureCount, error } = useQuery({ ...liveQuery(options), ...(held && { enabled: false }) });

  // A paint by the server may have been on its way for longer than the latest answer: it only prompts a question.
  useEffect(() => {
    const queryKey = [liveKey, name];
    if (client.getQueryData(queryKey) !== initial) void client.invalidateQueries({ queryKey });
  }, [client, name, initial]);

  const hold = useCallback(() => {
    setHeld(true);
    void client.cancelQueries({ queryKey: [liveKey, name] });
    return () => setHeld(false);
  }, [client, name]);

  const ended = error instanceof Ended ? error.why : null;
  return { data: data as Data, reconnecting: failureCount > 0 && !ended, ended, hold };
}
