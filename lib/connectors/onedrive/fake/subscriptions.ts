import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sendError, sendJson } from "./reply.ts";

export interface FakeSubscription {
  readonly id: string;
  readonly resource: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | undefined;
  readonly clientState: string;
  expirationDateTime: string;
}

/** driveItem subscriptions live at most so long. */
const longestMs = 42_300 * 60_000;

/** Who wants to be told of changes. */
export class Subscriptions {
  readonly all = new Map<string, FakeSubscription>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  async serve(request: IncomingMessage, response: ServerResponse, route: string): Promise<void> {
    const id = route.slice("/subscriptions/".length);
    const body = await bodyOf(request);
    if (request.method === "POST" && id === "") return this.#make(response, body);
    const found = this.all.get(id);
    if (!found) return sendError(response, 404, "ResourceNotFound");
    if (request.method === "DELETE") {
      this.all.delete(id);
      response.writeHead(204).end();
      return;
    }
    if (request.method !== "PATCH") return sendError(response, 405, "notAllowed");
    if (!this.#mayLast(body["expirationDateTime"])) return sendError(response, 400, "InvalidRequest");
    found.expirationDateTime = String(body["expirationDateTime"]);
    sendJson(response, 200, found);
  }

  #make(response: ServerResponse, body: Readonly<Record<string, unknown>>): void {
    const { resource, changeType, notificationUrl, lifecycleNotificationUrl, clientState, expirationDateTime } = body;
    const complete =
      typeof resource === "string" &&
      changeType === "updated" &&
      typeof notificationUrl === "string" &&
      typeof clientState === "string" &&
      clientState.length <= 128 &&
      this.#mayLast(expirationDateTime);
    if (!complete) return sendError(response, 400, "InvalidRequest");
    const made: FakeSubscription = {
      id: randomUUID(),
      resource,
      changeType,
      notificationUrl,
      lifecycleNotificationUrl: typeof lifecycleNotificationUrl === "string" ? lifecycleNotificationUrl : undefined,
      clientState,
      expirationDateTime: String(expirationDateTime),
    };
    this.all.set(made.id, made);
    sendJson(response, 201, made);
  }

  #mayLast(until: unknown): boolean {
    const left = Date.parse(String(until)) - this.#now().getTime();
    return left > 0 && left <= longestMs;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
