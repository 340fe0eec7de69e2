import { replaceEqualDeep, type QueryObserverOptions } from "@tanstack/react-query";
import { ApiError } from "./api.ts";
import { Ended, liveKey } from "./query-client.ts";

export interface LiveOptions<Data> {
  /** names the view among all live ones */
  readonly name: string;
  /** asks for it again */
  readonly ask: (signal: AbortSignal) => Promise<Data>;
  /** from the server's first paint */
  readonly initial: Data;
  /** milliseconds until the next question, by what was answered last */
  readonly every: (data: Data) => number;
  /** brings an answer into line with what is shown, e.g. so that counts never fall */
  readonly merge?: ((shown: Data, answer: Data) => Data) | undefined;
}

/** A view that is kept fresh by asking for it again; hidden tabs ask nothing. */
export function liveQuery<Data>({ name, ask, initial, every, merge }: LiveOptions<Data>): QueryObserverOptions<Data> {
  return {
    queryKey: [liveKey, name],
    queryFn: ({ signal }) => ask(signal).catch(endOrThrow),
    initialData: () => initial,
    enabled: ({ state }) => !(state.error instanceof Ended),
    refetchInterval: ({ state }) => (state.data === undefined ? false : every(state.data)),
    structuralSharing: (shown, answer) =>
      replaceEqualDeep(shown, merge && shown !== undefined ? merge(shown as Data, answer as Data) : answer),
  };
}

function endOrThrow(error: unknown): never {
  if (error instanceof ApiError && error.status === 401) throw new Ended("signed-out");
  if (error instanceof ApiError && error.status === 404) throw new Ended("gone");
  throw error;
}
