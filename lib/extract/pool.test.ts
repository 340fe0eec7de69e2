import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { createExtractor } from "./pool.ts";
import type { ExtractorOptions } from "./pool.ts";
import { pdf } from "./testing/pdf.ts";
import type { Extracted, Extractor, Page } from "./types.ts";

let extractor: Extractor | undefined;
afterEach(async () => {
  await extractor?.close();
  extractor = undefined;
});

const encode = (text: string) => new TextEncoder().encode(text);

/** A pool whose threads do what the job's text says. */
function rogue(options: ExtractorOptions = {}): (text: string, signal?: AbortSignal) => Promise<Page> {
  const pool = createExtractor({
    threads: 1,
    timeout: 3000,
    pageTimeout: 3000,
    maxMemory: 48 * 1024 * 1024,
    thread: new URL("./testing/rogue-thread.ts", import.meta.url),
    ...options,
  });
  extractor = pool;
  return (text, signal) => pool.page({ bytes: encode(text), url: "http://x/" }, signal);
}

const reason = (job: Promise<unknown>) =>
  job.then(
    () => "accepted",
    (error: { reason?: string; message?: string }) => error.reason ?? error.message ?? String(error),
  );

describe("a job that misbehaves costs only itself", () => {
  it("a spinning job is ended at its limit, the thread is replaced, the next job works", async () => {
    const run = rogue();
    const [spin, next] = await Promise.all([reason(run("spin")), run("fine")]);
    expect(spin).toBe("timeout");
    expect(next.markdown).toBe("fine");
  });

  it("a job that runs out of heap ends its thread, not the process", async () => {
    const run = rogue({ pageTimeout: 20_000 });
    const [heap, next] = await Promise.all([reason(run("heap")), run("fine")]);
    expect(heap).toBe("memory");
    expect(next.markdown).toBe("fine");
  });

  it("memory outside of the heap counts too", async () => {
    const run = rogue({ pageTimeout: 20_000 });
    expect(await reason(run("buffers"))).toBe("memory");
    expect((await run("fine")).markdown).toBe("fine");
  });

  it("a thread that exits or throws fails one job, the others go on", async () => {
    const run = rogue();
    const outcomes = await Promise.all(["exit", "a", "throw", "b", "exit", "c"].map((text) => reason(run(text))));
    expect(outcomes).toEqual(["broken", "accepted", "broken", "accepted", "broken", "accepted"]);
  });

  it("jobs on other threads are not held up by a spinning one", async () => {
    const run = rogue({ threads: 2, pageTimeout: 6000 });
    let spinning = true;
    const spin = reason(run("spin")).finally(() => {
      spinning = false;
    });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => run(`job ${i}`)));
    expect(spinning).toBe(true);
    expect(answers.map((page) => page.markdown)).toEqual(Array.from({ length: 20 }, (_, i) => `job ${i}`));
    expect(await spin).toBe("timeout");
  });

  it("a module that cannot be loaded fails the jobs instead of hanging them", async () => {
    const run = rogue({ thread: new URL("./testing/no-such-thread.ts", import.meta.url) });
    expect(await Promise.all([reason(run("a")), reason(run("b"))])).toEqual(["broken", "broken"]);
  });

  it("a thread that holds much memory after a job is replaced", async () => {
    const run = rogue();
    const ids: (string | undefined)[] = [];
    for (const text of ["one", "two", "heavy", "three"]) ids.push(((await run(text)) as unknown as Extracted).mime);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[3]).not.toBe(ids[0]);
  });
});

describe("limits before a thread is asked", () => {
  it("refuses what is too large, telling both sizes", async () => {
    extractor = createExtractor({ maxBytes: 1024 * 1024, maxPageBytes: 1024 });
    await expect(extractor.extract({ bytes: new Uint8Array(2 * 1024 * 1024) })).rejects.toMatchObject({
      reason: "too_large",
      message: "The file has 2.0 MB; at most 1.0 MB are read.",
    });
    expect(await reason(extractor.page({ bytes: new Uint8Array(2000), url: "http://x/" }))).toBe("too_large");
  });

  it("keeps the queue bounded", async () => {
    const run = rogue({ maxWaiting: 5 });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => reason(run("x"))));
    expect(outcomes.filter((outcome) => outcome === "memory").length).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome === "accepted").length).toBeGreaterThanOrEqual(5);
  });

  it("small plain text is answered without starting a thread", async () => {
    extractor = createExtractor({ thread: new URL("./testing/no-such-thread.ts", import.meta.url) });
    const result = await extractor.extract({ bytes: encode("hello"), mime: "text/plain", filename: "a.txt" });
    expect(result).toEqual({ markdown: "hello", mime: "text/plain", type: "text" });
  });
});

describe("cancelling and closing", () => {
  it("an aborted job rejects at once with the signal's reason, waiting or running", async () => {
    const run = rogue({ pageTimeout: 2000 });
    const controller = new AbortController();
    const running = reason(run("spin", controller.signal));
    const waiting = Array.from({ length: 3 }, () => reason(run("fine", controller.signal)));
    controller.abort(new Error("stopped"));
    expect(await Promise.all([running, ...waiting])).toEqual(["stopped", "stopped", "stopped", "stopped"]);
    expect(await reason(run("fine", controller.signal))).toBe("stopped");
  });

  it("close() ends threads and fails what is left; later jobs are refused", async () => {
    const run = rogue({ pageTimeout: 60_000 });
    const jobs = [reason(run("spin")), reason(run("x")), reason(run("y"))];
    await extractor?.close();
    expect(await Promise.all(jobs)).toEqual(["timeout", "timeout", "timeout"]);
    expect(await reason(run("z"))).toBe("timeout");
  });

  it("the shared pool ends with its process: an idle thread does not keep it alive", { timeout: 60_000 }, async () => {
    const script = `
      import { sharedExtractor } from "#lib/extract/pool.ts";
      const pool = sharedExtractor();
      const page = await pool.page({ bytes: Buffer.from("<p>Hello</p>"), url: "http://x/" });
      const file = await pool.extract({ bytes: Buffer.from("{\\\\rtf1 there}"), filename: "a.rtf" });
      console.log(page.markdown, file.markdown);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      timeout: 50_000,
    });
    expect(stdout.trim()).toBe("Hello there");
  });

  it("does not need the caller's buffer for a view into a larger one", async () => {
    extractor = createExtractor({ threads: 1 });
    const shared = encode("skip<p>Hello</p>skip");
    const page = await extractor.page({ bytes: shared.subarray(4, 16), url: "http://x/" });
    expect(page.markdown).toBe("Hello");
    expect(shared.byteLength).toBe(20);
  });

  it("quick pages are not starved by slow documents", async () => {
    const pool = createExtractor({ threads: 2 });
    extractor = pool;
    const order: string[] = [];
    const slow = Array.from({ length: 4 }, (_, i) =>
      pool
        .extract({
          bytes: pdf(Array.from({ length: 400 }, (_line, n) => [`page ${n}`, "x".repeat(500), "y ".repeat(300)])),
        })
        .then(() => order.push(`slow ${i}`)),
    );
    const quick = pool.page({ bytes: encode("<p>q</p>"), url: "http://x/" }).then(() => order.push("quick"));
    await Promise.all([...slow, quick]);
    expect(order.indexOf("quick")).toBeLessThan(2);
  });
});
