import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Heard, IncomingNotice, Webhook } from "../types.ts";

/**
 * Notion's webhooks (developers.notion.com/reference/webhooks): one address per integration, registered by hand. Each
 * request is signed with HMAC-SHA256 over the body as it came, the first one with the token it brings.
 */
const eventSchema = z.object({
  type: z.string(),
  workspace_id: z.string().nullish(),
  timestamp: z.iso.datetime({ offset: true }).nullish().catch(null),
});
const handshakeSchema = z.object({ verification_token: z.string().min(1) });

export const notionWebhook: Webhook<object> = {
  secretVariable: "NOTION_WEBHOOK_SECRET",
  hear({ headers, body }: IncomingNotice): Heard {
    const json = jsonOf(body);
    const signature = /^sha256=([0-9a-f]{64})$/i.exec(headers["x-notion-signature"] ?? "")?.[1] ?? "";
    const signedWith = (secret: string): boolean => {
      const made = createHmac("sha256", secret).update(body).digest();
      const given = Buffer.from(signature, "hex");
      return (
        timingSafeEqual(made, given.length === made.length ? given : Buffer.alloc(made.length)) && given.length > 0
      );
    };
    const handshake = handshakeSchema.safeParse(json);
    if (handshake.success) {
      const { verification_token } = handshake.data;
      return { kind: "signed", notice: { signedWith, account: null, at: null, handshake: verification_token } };
    }
    const event = eventSchema.safeParse(json);
    if (!event.success) return { kind: "nonsense" };
    const { workspace_id, timestamp } = event.data;
    const at = timestamp ? new Date(timestamp) : null;
    return { kind: "signed", notice: { signedWith, account: workspace_id ?? null, at, handshake: null } };
  },
};

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
