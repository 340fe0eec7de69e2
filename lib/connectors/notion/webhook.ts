import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Heard, IncomingNotice, Webhook } from "../types.ts";

/**
 * Notion's webhooks (developers.notion.com/reference/webhooks): HMAC-SHA256 over the raw body with the subscription's
 * verification token, in `X-Notion-Signature` as `sha256=<hex>`. The first request hands that token over, signed alike.
 */

const text = z.string().max(512);
const body = z.object({
  verification_token: text.optional(),
  workspace_id: text.optional(),
  timestamp: z.iso.datetime({ offset: true }).optional().catch(undefined),
});

export const notionWebhook: Webhook<object> = {
  secretVariable: "NOTION_WEBHOOK_SECRET",
  hear(request): Heard {
    const parsed = body.safeParse(jsonOf(request.body));
    if (!parsed.success) return { kind: "nonsense" };
    const { verification_token: handshake, workspace_id: account, timestamp } = parsed.data;
    return {
      kind: "signed",
      notice: {
        signedWith: (secret) => isSignedWith(request, secret),
        account: account ?? null,
        at: timestamp === undefined ? null : new Date(timestamp),
        handshake: handshake ?? null,
      },
    };
  },
};

function isSignedWith({ headers, body: bytes }: IncomingNotice, secret: string): boolean {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(headers["x-notion-signature"] ?? "") ?? [];
  if (hex === undefined || secret === "") return false;
  return timingSafeEqual(Buffer.from(hex, "hex"), createHmac("sha256", secret).update(bytes).digest());
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
