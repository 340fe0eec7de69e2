import { parentPort, threadId } from "node:worker_threads";

/**
 * A thread that does what a hostile file can make a parser do. The text of the job says what:
 * spin, heap, buffers, exit, throw; anything else is answered with the thread's id.
 */
parentPort?.on("message", (request: { id: number; input: { bytes: Uint8Array } }) => {
  const text = Buffer.from(request.input.bytes).toString("utf8");
  const kept: unknown[] = [];
  if (text.startsWith("spin")) for (;;) kept.length = 0;
  if (text.startsWith("heap")) for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
  if (text.startsWith("buffers")) for (;;) kept.push(Buffer.alloc(1024 * 1024, 1));
  if (text.startsWith("exit")) process.exit(3);
  if (text.startsWith("throw")) throw new Error("boom");
  parentPort?.postMessage({
    id: request.id,
    heavy: text.startsWith("heavy"),
    value: { markdown: text, mime: String(threadId), type: "text" },
  });
});
