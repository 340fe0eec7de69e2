import { describe, expect, test } from "vitest";
import { egressBench, egressFault } from "#lib/testing/egress.ts";
import { handClock, jumpClock } from "#lib/testing/egress-clock.ts";
import { serve, serveRaw } from "#lib/testing/loopback.ts";
import { until } from "#lib/testing/wait.ts";
import { backoffMs, readStatus, retryAfterSeconds } from "./retry.ts";
import type { HttpOptions, HttpRequest } from "./types.ts";

const bench = egressBench();
const now = Date.parse("2026-11-20T12:00:00Z");

describe("Retry-After", () => {
  test.each([
    ["0", 0],
    ["1", 1],
    [" 30 ", 30],
    ["1.2", 2],
    ["86400", 86_400],
    ["99999999999999999999999", 604_800],
    ["Fri, 20 Nov 2026 12:00:30 GMT", 30],
    ["Friday, 20-Nov-26 12:00:30 GMT", 30],
    ["Fri, 20 Nov 2026 11:00:00 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 604_800],
    ["", undefined],
    ["-5", undefined],
    ["soon", undefined],
    ["1e9", undefined],
    ["0x10", undefined],
    ["NaN", undefined],
    ["2026-11-20", undefined],
    ["Fri, 99 Foo 2026", undefined],
    [undefined, undefined],
  ])("%j means %j seconds", (value, expected) => {
    expect(retryAfterSeconds(value, now)).toBe(expected);
  });
});

describe("what a status means", () => {
  test.each([200, 204, 206, 304, 400, 401, 403, 404, 408, 410, 412, 425, 501, 505])("%i is a reply", (status) => {
    expect(readStatus(status, "5", true, now).kind).toBe("reply");
  });
  test.each([500, 502, 503, 504])("%i is a fault for what may be repeated, a reply otherwise", (status) => {
    expect(readStatus(status, undefined, true, now)).toEqual({ kind: "fault", waitMs: undefined });
    expect(readStatus(status, undefined, false, now).kind).toBe("reply");
  });
  test.each([429, 529, 503])("%i with Retry-After is waited for in seconds, not milliseconds", (status) => {
    expect(readStatus(status, "7", true, now)).toEqual({ kind: "throttled", waitMs: 7_000 });
    expect(readStatus(status, "7", false, now)).toEqual({ kind: "throttled", waitMs: 7_000 });
    expect(readStatus(status, "120", true, now)).toEqual({ kind: "throttled", waitMs: 120_000 });
    expect(readStatus(status, "121", true, now)).toEqual({ kind: "pause", seconds: 121 });
  });
  test("back-off doubles up to 30 seconds, with jitter of one half", () => {
    expect([0, 1, 2, 3].map((attempt) => backoffMs(1_000, attempt, 1))).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect([0, 1, 2, 3].map((attempt) => backoffMs(1_000, attempt, 0))).toEqual([500, 1_000, 2_000, 4_000]);
    expect(backoffMs(1_000, 1_000, 1)).toBe(30_000);
  });
});

type Step = number | readonly [status: number, retryAfter: string];

/** A server that answers with these steps, then 200; time jumps, so nothing waits. */
async function scripted(steps: readonly Step[], options: Partial<HttpOptions> = {}) {
  let asked = 0;
  const server = await serve((_, response) => {
    const step = steps[asked++] ?? 200;
    const [status, retryAfter] = typeof step === "number" ? [step, undefined] : step;
    response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end(`${status}`);
  });
  const clock = jumpClock(now);
  const http = bench.client([server], { retryBaseMs: 1_000, ...options }, { clock, random: () => 1 });
  const ask = (request: HttpRequest = {}) => http.request(server.origin, request);
  return { ask, clock, asked: () => asked };
}

describe("faults", () => {
  test("a fault that passes is not seen by the caller", async () => {
    const { ask, clock, asked } = await scripted([500, 502]);
    expect((await ask()).status).toBe(200);
    expect(asked()).toBe(3);
    expect(clock.waits).toEqual([1_000, 2_000]);
  });

  test("when the tries are used up the reply is returned", async () => {
    const { ask, asked } = await scripted([503, 503, 503, 503]);
    const reply = await ask();
    expect(reply.status).toBe(503);
    expect(await reply.text()).toBe("503");
    expect(asked()).toBe(3);
  });

  test("retries says how often, 0 means once", async () => {
    for (const [retries, expected] of [
      [0, 1],
      [1, 2],
      [5, 6],
    ] as const) {
      const { ask, asked } = await scripted(Array(10).fill(500));
      expect((await ask({ retries })).status).toBe(500);
      expect(asked()).toBe(expected);
    }
  });

  test("POST and PATCH are not repeated after a fault, PUT and DELETE are", async () => {
    for (const [method, expected] of [
      ["POST", 1],
      ["PATCH", 1],
      ["PUT", 2],
      ["DELETE", 2],
      ["HEAD", 2],
    ] as const) {
      const { ask, asked } = await scripted([503]);
      await ask({ method });
      expect(asked(), method).toBe(expected);
    }
  });

  test("a client error is never repeated", async () => {
    for (const status of [400, 401, 403, 404, 410, 412]) {
      const { ask, asked } = await scripted([status]);
      expect((await ask()).status).toBe(status);
      expect(asked()).toBe(1);
    }
  });

  test("a POST that changes nothing may be repeated like a GET", async () => {
    const { ask, asked } = await scripted([503, 500]);
    expect((await ask({ method: "POST", body: "query", repeatable: true })).status).toBe(200);
    expect(asked()).toBe(3);
  });

  test("a reset before the reply is tried again, but not for POST", async () => {
    for (const [method, expected] of [
      ["GET", 3],
      ["POST", 1],
    ] as const) {
      let asked = 0;
      const server = await serveRaw((socket) => {
        socket.once("data", () => {
          if (++asked === 3) socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
          else socket.destroy();
        });
      });
      const http = bench.client([server], {}, { clock: jumpClock() });
      const outcome = http.request(server.origin, { method });
      if (method === "GET") expect((await outcome).status).toBe(200);
      else expect((await egressFault(outcome)).kind).toBe("reset");
      expect(asked).toBe(expected);
    }
  });

  test("silence before the headers is tried again, silence in the body is not", async () => {
    let asked = 0;
    const server = await serveRaw((socket) => {
      socket.on("data", (data) => {
        asked++;
        if (data.includes("/body")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok");
      });
    });
    const http = bench.client([server], {}, { clock: jumpClock() });
    const limits = { headersTimeoutMs: 100, idleTimeoutMs: 100 };
    expect((await egressFault(http.request(server.origin, limits))).kind).toBe("timeout");
    expect(asked).toBe(3);
    const reply = await http.request(`${server.origin}/body`, limits);
    expect((await egressFault(reply.bytes())).kind).toBe("timeout");
    expect(asked).toBe(4);
  });

  test("a refused connection is tried again for every method: nothing was sent", async () => {
    const server = await serve(() => {});
    await server.close();
    const clock = jumpClock();
    const http = bench.client([], { allow: [server.allow] }, { clock });
    expect((await egressFault(http.request(server.origin, { method: "POST", body: "x" }))).kind).toBe("connect");
    expect(clock.waits).toHaveLength(2);
  });

  test("a blocked address, a bad URL and an unknown name are not tried again", async () => {
    const clock = jumpClock();
    let asked = 0;
    const resolve = async (name: string) => {
      asked++;
      if (name === "private.example.com") return [{ address: "10.0.0.1", family: 4 as const }];
      throw Object.assign(new Error(name), { code: "ENOTFOUND" });
    };
    const http = bench.client([], {}, { clock, resolve });
    for (const url of ["http://private.example.com/", "http://127.0.0.1/", "http://none.example.com/", "nonsense"]) {
      await egressFault(http.request(url));
    }
    expect(asked).toBe(2);
    expect(clock.waits).toEqual([]);
  });

  test("a DNS that does not answer is asked again", async () => {
    let asked = 0;
    const resolve = () => Promise.reject(Object.assign(new Error(`try ${++asked}`), { code: "EAI_AGAIN" }));
    const http = bench.client([], {}, { clock: jumpClock(), resolve });
    expect((await egressFault(http.request("http://example.com/"))).kind).toBe("dns");
    expect(asked).toBe(3);
  });
});

describe("being told to slow down", () => {
  test("five waits do not use up the tries meant for faults", async () => {
    const { ask, clock, asked } = await scripted([[429, "2"], 500, [503, "3"], 529, [429, "x"], 500, [429, "1"]]);
    expect((await ask()).status).toBe(200);
    expect(asked()).toBe(8);
    expect(clock.waits.filter((ms) => [2_000, 3_000].includes(ms)).length).toBeGreaterThanOrEqual(2);
  });

  test("the sixth refusal is returned as it is", async () => {
    const { ask, asked } = await scripted(Array.from({ length: 20 }, (): Step => [429, "1"]));
    expect((await ask()).status).toBe(429);
    expect(asked()).toBe(6);
  });

  test("a date works like seconds", async () => {
    const { ask, clock } = await scripted([[503, "Fri, 20 Nov 2026 12:00:45 GMT"]]);
    await ask();
    expect(clock.now() - now).toBe(45_000);
  });

  test("garbage and negative values fall back to back-off", async () => {
    for (const value of ["-1", "soon", "", "0"]) {
      const { ask, clock } = await scripted([[429, value]]);
      expect((await ask()).status).toBe(200);
      expect(clock.now() - now, value).toBe(1_000);
    }
  });

  test("a wait of more than two minutes is an error that says how long, without waiting", async () => {
    for (const [value, seconds] of [
      ["121", 121],
      ["86400", 86_400],
      ["999999999999", 604_800],
      ["Fri, 20 Nov 2026 13:00:00 GMT", 3_600],
    ] as const) {
      const { ask, clock, asked } = await scripted([[429, value]]);
      const error = await egressFault(ask({ retries: 0 }));
      expect(error).toMatchObject({ kind: "throttled", retryAfterSeconds: seconds });
      expect(asked()).toBe(1);
      expect(clock.waits).toEqual([]);
    }
  });

  test("a host that asked for a long pause is not asked again before it is over", async () => {
    const { ask, clock, asked } = await scripted([[429, "600"]]);
    await egressFault(ask());
    clock.advance(300_000);
    expect(await egressFault(ask())).toMatchObject({ kind: "throttled", retryAfterSeconds: 300 });
    expect(asked()).toBe(1);
    clock.advance(300_000);
    expect((await ask()).status).toBe(200);
  });

  test("a POST that was turned away is repeated: it was not acted upon", async () => {
    const { ask, asked } = await scripted([
      [429, "1"],
      [503, "1"],
    ]);
    expect((await ask({ method: "POST", body: "x" })).status).toBe(200);
    expect(asked()).toBe(3);
  });

  test("while one request waits because it was told to, no other begins", async () => {
    const clock = handClock(now);
    let asked = 0;
    const server = await serve((_, response) => {
      if (asked++ === 0) response.writeHead(429, { "retry-after": "60" });
      response.end();
    });
    const http = bench.client([server], { pace: { perSecond: 0, concurrency: 4 } }, { clock });
    const first = http.request(server.origin);
    await until(() => clock.waiting() === 1);
    const others = [http.request(server.origin), http.request(server.origin)];
    await until(() => clock.waiting() === 2);
    clock.advance(59_999);
    expect(asked).toBe(1);
    clock.advance(1);
    for (const reply of await Promise.all([first, ...others])) expect(reply.status).toBe(200);
    expect(asked).toBe(4);
  });

  test("whoever watches is told until when it waits, and when it goes on", async () => {
    const told: (string | null)[] = [];
    const { ask } = await scripted([[429, "90"], 500], { onWait: (date) => told.push(date?.toISOString() ?? null) });
    await ask();
    expect(told).toEqual(["2026-11-20T12:01:30.000Z", null, "2026-11-20T12:01:32.000Z", null]);
  });

  test("an abort ends the wait", async () => {
    const server = await serve((_, response) => void response.writeHead(429, { "retry-after": "100" }).end());
    const stop = new AbortController();
    const told: unknown[] = [];
    const http = bench.client([server], {
      onWait: (date) => {
        told.push(date);
        if (date) stop.abort();
      },
    });
    expect((await egressFault(http.request(server.origin, { signal: stop.signal }))).kind).toBe("aborted");
    expect(told).toEqual([expect.any(Date), null]);
  });
});
