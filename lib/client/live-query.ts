import { replaceEqualDeep, type QueryObserverOptions } from "@tanstack/react-query";
import { Ended, liveKey } from "./query-client.ts";

export interface LiveOptions<Data> {
  readonly url: string;
  /** from the server's first paint */
  readonly initial: Data;
  /** milliseconds until the next question, by what was answered last */
  readonly every: (data: Data) => number;
  /** brings an answer into line with what is shown, e.g. so that counts never fall */
  readonly merge?: ((shown: Data, answer: Data) => Data) | undefined;
}

/** A view that is kept fresh by asking its address again; hidden tabs ask nothing. */
export function liveQuery<Data>({ url, initial, every, merge }: LiveOptions<Data>): QueryObserverOptions<Data> {
  return {
    queryKey: [liveKey, url],
    queryFn: ({ signal }) => answerOf<Data>(url, signal),
    initialData: () => initial,
    enabled: ({ state }) => !(state.error instanceof Ended),
    refetchInterval: ({ state }) => (state.data === undefined ? false : every(state.data)),
    structuralSharing: (shown, answer) =>
      replaceEqualDeep(shown, merge && shown !== undefined ? merge(shown as Data, answer as Data) : answer),
  };
}

async function answerOf<Data>(url: string, signal: AbortSignal): Promise<Data> {
  const reply = await fetch(url, {
    cache: "no-store",
    headers: { accept: "application/json" },
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  });
  if (reply.status === 401) throw new Ended("signed-out");
  if (reply.status === 404) throw new Ended("gone");
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}`);
  return (await reply.json()) as Data;
}
