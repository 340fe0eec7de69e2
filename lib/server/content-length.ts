import type { ServerResponse } from "node:http";

/** What a streamed reply says its Content-Length is: Next takes that header itself away. */
export const lengthHeader = "x-tributary-length";

/** Puts it in its place, so that a download that breaks off is known to, and one that goes on shows how far it is. */
export function keepLength(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...head: readonly unknown[]) => ServerResponse;
  response.writeHead = ((...head: readonly unknown[]) => {
    const length = response.getHeader(lengthHeader);
    response.removeHeader(lengthHeader);
    // Compressed on the way out it has another one.
    if (length !== undefined && !response.hasHeader("content-encoding")) response.setHeader("content-length", length);
    return writeHead(...head);
  }) as typeof response.writeHead;
}
