import { environmentManager, focusManager, QueryObserver, type QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createApi } from "./api.ts";
import { liveQuery } from "./live-query.ts";
import { Ended, liveKey, makeQueryClient } from "./query-client.ts";

interface View {
  readonly count: number;
  readonly moving: boolean;
}

let replies: (() => Response)[] = [];
/** when each question was asked, on the test's clock */
let asked: number[] = [];
let client: QueryClient;
const api = createApi<typeof import("#lib/contract/console-operations.ts")>({ baseUrl: "http://127.0.0.1" });
let leave: () => void = () => {};

const json = (view: View) => () => Response.json(view);
const status = (code: number) => () => new Response("{}", { status: code });

beforeEach(() => {
  vi.useFakeTimers();
  environmentManager.setIsServer(() => false);
  focusManager.setFocused(true);
  asked = [];
  vi.stubGlobal("fetch", async () => {
    asked.push(Date.now());
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    if (!reply) throw new TypeError("fetch failed");
    return reply();
  });
  client = makeQueryClient();
  client.mount();
});

afterEach(() => {
  leave();
  client.unmount();
  client.clear();
  focusManager.setFocused(undefined);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Watches a view that is asked for every second while it moves, else every half minute. */
function watch(initial: View): QueryObserver<View> {
  const observer = new QueryObserver(
    client,
    liveQuery<View>({
      name: "view",
      ask: async (signal) =>
        (await api.call("GET /api/console/runs/{id}", { params: { id: "x" }, signal })) as unknown as View,
      initial,
      every: ({ moving }) => (moving ? 1_000 : 30_000),
      merge: (last, answer) => ({ ...answer, count: Math.max(last.count, answer.count) }),
    }),
  );
  leave = observer.subscribe(() => {});
  return observer;
}

const shown = (observer: QueryObserver<View>) => observer.getCurrentResult();
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("the server's paint is shown first and asked about only after its pace", async () => {
  replies = [json({ count: 2, moving: true })];
  const view = watch({ count: 1, moving: true });
  expect(shown(view).data).toEqual({ count: 1, moving: true });
  await pass(990);
  expect(asked.length).toBe(0);
  await pass(20);
  expect(asked.length).toBe(1);
  expect(shown(view).data?.count).toBe(2);
});

test("what moves is asked for every second, what rests every half minute", async () => {
  replies = [json({ count: 1, moving: true }), json({ count: 1, moving: true }), json({ count: 1, moving: false })];
  watch({ count: 1, moving: true });
  await pass(3_100);
  expect(asked.length).toBe(3);
  await pass(29_000);
  expect(asked.length).toBe(3);
  await pass(1_500);
  expect(asked.length).toBe(4);
});

test("an answer is brought into line with what is shown, and an equal one changes nothing", async () => {
  replies = [json({ count: 3, moving: true })];
  const view = watch({ count: 7, moving: true });
  const before = shown(view).data;
  await pass(1_100);
  expect(asked.length).toBe(1);
  expect(shown(view).data).toBe(before);
});

test("a later paint by the server does not overrule what was answered", async () => {
  replies = [json({ count: 5, moving: true })];
  const view = watch({ count: 1, moving: true });
  await pass(1_100);
  expect(shown(view).data?.count).toBe(5);
  leave();
  expect(shown(watch({ count: 2, moving: true })).data?.count).toBe(5);
});

test("after a failure it waits twice as long each time, at most 15 s, and keeps what is shown", async () => {
  replies = [status(500)];
  const view = watch({ count: 1, moving: false });
  await pass(30_000);
  expect([asked.length, shown(view).failureCount]).toEqual([1, 1]);
  await pass(50_000);
  const waits = asked.slice(1).map((at, n) => at - (asked[n] ?? 0));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(shown(view).data?.count).toBe(1);
  replies = [json({ count: 4, moving: false })];
  await pass(15_000);
  expect([shown(view).data?.count, shown(view).failureCount]).toEqual([4, 0]);
});

test("a hidden tab asks nothing and asks at once when it is seen again", async () => {
  replies = [json({ count: 2, moving: true })];
  watch({ count: 1, moving: true });
  focusManager.setFocused(false);
  await pass(60_000);
  expect(asked.length).toBe(0);
  focusManager.setFocused(true);
  await pass(0);
  expect(asked.length).toBe(1);
});

test.each([
  [401, "signed-out"],
  [404, "gone"],
])("%i ends it for good", async (code, why) => {
  replies = [status(code)];
  const view = watch({ count: 1, moving: true });
  await pass(1_100);
  expect(shown(view).error).toBeInstanceOf(Ended);
  expect((shown(view).error as Ended).why).toBe(why);
  await pass(60_000);
  focusManager.setFocused(false);
  focusManager.setFocused(true);
  await client.invalidateQueries({ queryKey: [liveKey] });
  expect(asked.length).toBe(1);
  expect(shown(view).data?.count).toBe(1);
});
