import { connect } from "node:net";

export interface RawReply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends these very bytes and reads until the server closes or `Content-Length` bytes came: for requests no client would make. */
export function rawRequest(url: string, ...parts: readonly (string | Uint8Array)[]): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    const finish = () => {
      socket.destroy();
      const [head = "", ...rest] = text.split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
      if (Number.isNaN(status)) reject(new Error(`no HTTP reply: ${text.slice(0, 200)}`));
      else resolve({ status, head, body: rest.join("\r\n\r\n") });
    };
    socket.setTimeout(10_000, () => reject(new Error("no complete reply within 10 s")));
    socket.on("error", (error) => (text ? finish() : reject(error)));
    socket.on("close", finish);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
      if (end >= 0 && length !== undefined && text.length >= end + 4 + Number(length)) finish();
      else if (end >= 0 && /transfer-encoding: chunked/i.test(text) && text.endsWith("0\r\n\r\n")) finish();
    });
    for (const part of parts) socket.write(part);
  });
}
