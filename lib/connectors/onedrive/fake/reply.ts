import type { ServerResponse } from "node:http";

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...headers,
    "content-type": "application/json; odata.metadata=minimal; charset=utf-8",
    "content-length": bytes.length,
  });
  response.end(bytes);
}

/** An error as Graph writes it. */
export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
): void {
  sendJson(
    response,
    status,
    { error: { code, message: "As asked for.", innerError: { "request-id": "fake" } } },
    headers,
  );
}

export function page404(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "text/html" }).end("<html><title>Not found</title></html>");
}

/** Announces the whole body, sends half, then breaks off or says nothing more. */
export function cutShort(response: ServerResponse, how: "truncate" | "stall"): ServerResponse {
  const end = response.end.bind(response);
  response.end = ((body?: Buffer) => {
    if (!body || body.length < 2) {
      if (how === "truncate") response.socket?.destroy();
      return response;
    }
    response.write(body.subarray(0, body.length >> 1), () => {
      if (how === "truncate") response.socket?.destroy();
    });
    return response;
  }) as ServerResponse["end"];
  void end;
  return response;
}
