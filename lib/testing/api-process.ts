import { fork } from "node:child_process";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { childEnv } from "#lib/env.ts";

export interface Memory {
  /** bytes in use: objects and buffers that something still refers to */
  readonly held: number;
  /** most bytes of memory the process had since it was last asked */
  readonly residentPeak: number;
}

/** The API in a process of its own, so that its memory can be told from that of its clients. */
export interface ApiProcess {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

export async function startApiProcess(values: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const child = fork(import.meta.filename, ["serve"], { env: childEnv({ NODE_ENV: "test", ...values }) });
  const told = <T>() =>
    new Promise<T>((resolve, reject) => {
      const gone = (code: number | null) => reject(new Error(`the API process ended (${code})`));
      child.once("exit", gone);
      child.once("message", (message) => {
        child.off("exit", gone);
        resolve(message as T);
      });
    });
  const { url } = await told<{ url: string }>();
  return {
    url,
    async memory() {
      const measured = told<Memory>();
      child.send("measure");
      return measured;
    },
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function serve(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const { startApiServer } = await import("./api-server.ts");
  const { url } = await startApiServer();
  let residentPeak = 0;
  setInterval(() => {
    residentPeak = Math.max(residentPeak, process.memoryUsage.rss());
  }, 5);
  const measure = async (): Promise<void> => {
    const peak = Math.max(residentPeak, process.memoryUsage.rss());
    // What one round lets go of may be all that holds something else.
    for (let round = 0; round < 3; round++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    residentPeak = rss;
    process.send?.({ held: heapUsed + external, residentPeak: peak } satisfies Memory);
  };
  process.on("message", () => void measure());
  process.once("disconnect", () => process.exit());
  process.send?.({ url });
}

if (process.argv[2] === "serve" && process.argv[1] === import.meta.filename) await serve();
