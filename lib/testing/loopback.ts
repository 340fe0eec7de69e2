import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A server on a loopback address that counts who came. */
export interface Loopback {
  readonly port: number;
  /** `http://host:port` */
  readonly origin: string;
  /** `host:port`, as EGRESS_ALLOW takes it */
  readonly allow: string;
  /** sockets accepted so far */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/** An HTTP server for one test. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  host = "127.0.0.1",
): Promise<Loopback> {
  return open(createHttpServer(handle), host, 0);
}

/** A server that does with each socket what the test says: for replies no HTTP server would send. */
export async function serveRaw(handle: (socket: Socket) => void, host = "127.0.0.1"): Promise<Loopback> {
  return open(createServer(handle), host, 0);
}

/** Any other kind of server (TLS). */
export async function serveWith(server: Server, host = "127.0.0.1"): Promise<Loopback> {
  return open(server, host, 0);
}

const greet = (socket: Socket): void => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ninner");

/**
 * Listeners that nobody may ever reach, on one port of every loopback address that can be bound.
 * Their `accepted()` must stay 0: "no connection" is proved by the other side, not by an error message.
 */
export async function canaries(): Promise<{
  port: number;
  hosts: string[];
  accepted(): number;
  close(): Promise<void>;
}> {
  for (let attempt = 0; ; attempt++) {
    const first = await open(createServer(greet), "127.0.0.1", 0);
    const opened = [first];
    const hosts = ["127.0.0.1"];
    const close = async (): Promise<void> => void (await Promise.all(opened.map((each) => each.close())));
    let taken = false;
    for (const host of ["127.0.0.2", "127.1.2.3", "::1"]) {
      try {
        opened.push(await open(createServer(greet), host, first.port));
        hosts.push(host);
      } catch (error) {
        // an address this machine does not have is left out; a port taken there means: all again with another port
        taken ||= (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      }
    }
    const accepted = (): number => opened.reduce((sum, each) => sum + each.accepted(), 0);
    if (!taken || attempt === 20) return { port: first.port, hosts, accepted, close };
    await close();
  }
}

async function open(server: Server, host: string, port: number): Promise<Loopback> {
  let accepted = 0;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const actual = (server.address() as AddressInfo).port;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    port: actual,
    origin: `http://${name}:${actual}`,
    allow: `${name}:${actual}`,
    accepted: () => accepted,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
