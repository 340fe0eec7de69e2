import process from "node:process";
import { parentPort } from "node:worker_threads";
import { getHeapStatistics } from "node:v8";
import { decodeHtml } from "./charset.ts";
import { readPage } from "./html/page.ts";
import type { Reply, Request } from "./jobs.ts";
import { ExtractError } from "./types.ts";
import type { Extracted, Page } from "./types.ts";

/** Entry of a worker thread: one job after the other, everything it needs is in the message. */

/** Memory held after a job (bytes) from which the thread is better replaced. */
const HEAVY = 160 * 1024 * 1024;

async function run(request: Request): Promise<Page | Extracted> {
  if (request.kind === "page") {
    const { bytes, url, contentType } = request.input;
    return readPage(decodeHtml(bytes, contentType), url);
  }
  // Loaded when first needed: a thread that only reads web pages stays small.
  const { convert } = await import("./convert.ts");
  return await convert(request.input);
}

function isHeavy(): boolean {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external > HEAVY;
}

async function answer(request: Request): Promise<Reply> {
  const { id } = request;
  try {
    return { id, value: await run(request), heavy: request.kind === "extract" && isHeavy() };
  } catch (error) {
    if (error instanceof ExtractError) return { id, reason: error.reason, message: error.message, heavy: isHeavy() };
    if (error instanceof RangeError && /allocation|Invalid (?:string|array) length|buffer/i.test(error.message)) {
      return {
        id,
        reason: "memory",
        message: "Reading this file needs more memory than one file may use.",
        heavy: true,
      };
    }
    // Whatever a parser throws at a file it cannot read: the file is at fault, the detail helps nobody.
    return { id, reason: "broken", message: "The file is damaged or not what it claims to be.", heavy: isHeavy() };
  }
}

// Some parsers complain on the console. Nobody reads it, and what nobody reads would pile up.
for (const stream of [process.stdout, process.stderr]) stream.write = () => true;

const port = parentPort;

async function serve(previous: Promise<void>, request: Request): Promise<void> {
  await previous;
  const reply = await answer(request);
  const blocks = "value" in reply && "blocks" in reply.value ? [reply.value.blocks.buffer as ArrayBuffer] : [];
  port?.postMessage(reply, blocks);
}

let tail = Promise.resolve();
port?.on("message", (request: Request) => {
  tail = serve(tail, request);
});
