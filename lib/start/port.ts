import { createServer } from "node:net";
import { StartupError } from "../db/startup-error.ts";

/** One sentence for an address that cannot be listened on. */
export function portProblem(error: NodeJS.ErrnoException, host: string, port: number): StartupError {
  if (error.code === "EADDRINUSE") {
    return new StartupError(`Port ${port} is already in use on ${host}: end what uses it, or set PORT to a free one.`);
  }
  if (error.code === "EACCES") {
    return new StartupError(`This user may not listen on port ${port}: set PORT to one above 1023.`);
  }
  return new StartupError(`Cannot listen on ${host}:${port} (${error.message}): check HOST and PORT.`);
}

/** A taken port is told at once, not after the build. @throws StartupError */
export function refuseTakenPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => reject(portProblem(error, host, port)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
