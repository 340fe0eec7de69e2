import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { keepLength } from "./content-length.ts";
import { aliasRedirect, cleanHeaders, clientAddress, readTarget, type Refusal } from "./request-guard.ts";
import { contentSecurityPolicy, isApiPath, securityHeaders } from "./security-headers.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface FrontOptions {
  readonly appUrl: string;
  /** how many proxies in front append to X-Forwarded-For */
  readonly trustedProxies: number;
  readonly dev: boolean;
}

/** A request head must arrive within this, a whole request within the next; then the connection is closed. */
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 300_000;
/** A connection on which nothing moves at all. */
const silenceMs = 120_000;
/** Longer than the usual 60 s of proxies, so that it is they who close idle connections. */
const keepAliveTimeoutMs = 65_000;

/**
 * The HTTP server in front of Next: it refuses what Next would answer with a stack trace, replaces every header a
 * client could lie with, and puts the security headers on everything. It knows no route.
 */
export function createFront(handler: Handler, options: FrontOptions): Server {
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Node would silently keep the first of two Authorization headers; joined, they are no valid credentials.
    joinDuplicateHeaders: true,
  });
  server.setTimeout(silenceMs);
  server.on("request", (request, response) => {
    keepLength(response);
    const nonce = randomBytes(16).toString("base64");
    const headerOptions = { nonce, appUrl: options.appUrl, dev: options.dev };
    const target = readTarget(request.method ?? "", request.url ?? "");
    const path = "path" in target ? target.path : "/v3";
    for (const [name, value] of Object.entries(securityHeaders(path, headerOptions))) response.setHeader(name, value);
    if ("status" in target) return refuse(request, response, target);
    if (comesFromElsewhere(request, path, options.appUrl)) {
      return refuse(request, response, { status: 403, error: "This request came from another site." });
    }
    const elsewhere = aliasRedirect(request.method ?? "", target.url, request.headers, options.appUrl);
    if (elsewhere) return void response.writeHead(307, { location: elsewhere, "cache-control": "no-store" }).end();
    const header = request.headers["x-forwarded-for"];
    cleanHeaders(request.headers, {
      appUrl: options.appUrl,
      address: clientAddress(
        request.socket.remoteAddress,
        Array.isArray(header) ? header.join(",") : header,
        options.trustedProxies,
      ),
      nonce,
      policy: contentSecurityPolicy(headerOptions),
      dev: options.dev,
    });
    request.url = target.url;
    // Pages do not learn their own address from Next; sign-in has to come back to it.
    request.headers["x-tributary-target"] = target.url;
    void answer(handler, request, response);
  });
  // Nothing here speaks anything but HTTP; live reload brings its own listener.
  if (!options.dev) server.on("upgrade", (_request, socket) => socket.destroy());
  server.on("connect", (_request, socket) => {
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => badRequest(error, socket as Socket));
  return server;
}

/**
 * What changes something with a session must come from a page of ours. Next would run an action without an Origin, and
 * compare a foreign one with headers a client may forge. The API has no session, so it is nobody's to forge.
 */
function comesFromElsewhere(request: IncomingMessage, path: string, appUrl: string): boolean {
  const safe = request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS";
  return !safe && !isApiPath(path) && request.headers.origin !== appUrl;
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await handler(request, response);
  } catch {
    // Next has logged it; its text is not for the caller.
    if (response.headersSent) response.destroy();
    else send(response, 500, "Something went wrong on our side.");
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value);
  response.setHeader("connection", "close"); // the body, if any, stays unread
  request.resume();
  send(response, refusal.status, refusal.error);
}

function send(response: ServerResponse, status: number, error: string): void {
  const body = JSON.stringify({ error });
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(body);
}

function badRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, reason] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout"]
        : [400, "Bad Request"];
  const body = JSON.stringify({ error: reason });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Refuses new connections at once, lets requests in flight finish within `graceMs`, then closes what is left. */
export async function stopFront(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its last answer is out; then it must not wait for another request.
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const insist = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(insist);
}
