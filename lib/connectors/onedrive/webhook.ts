import { z } from "zod";
import type { JsonApi } from "../json-api.ts";
import { command } from "../json-command.ts";
import { Failure, type ChannelNotice, type Ctx, type Heard, type Webhook } from "../types.ts";

/**
 * Change notifications of Microsoft Graph (api-reference/v1.0/resources/subscription.md): a subscription to the drive's
 * root sends batches that repeat its clientState. Ours is `<channel id>.<secret>`.
 */

const api: JsonApi = { name: "OneDrive" };

/** At most 42,300 minutes for items of a drive; 28 days are 40,320. */
const lifeMs = 28 * 86_400_000;
const longestToken = 4_096;
const clientState = /^([0-9A-Za-z]{22})\.([\w-]{43})$/;

const subscription = z.object({ id: z.string().min(1), expirationDateTime: z.iso.datetime({ offset: true }) });
const batch = z.object({
  value: z.array(z.object({ clientState: z.string().nullish(), lifecycleEvent: z.string().nullish() })),
});

const events: Readonly<Record<string, ChannelNotice["event"]>> = {
  reauthorizationRequired: "expiring",
  subscriptionRemoved: "ended",
  missed: "changed",
};

export const oneDriveWebhook: Webhook<object> = {
  hear({ query, body }): Heard {
    const token = query.get("validationToken");
    if (token !== null) {
      // Whoever made the subscription waits for its own token, unchanged.
      return token !== "" && token.length <= longestToken ? { kind: "echo", text: token } : { kind: "nonsense" };
    }
    const parsed = batch.safeParse(jsonOf(body));
    if (!parsed.success) return { kind: "nonsense" };
    return { kind: "channels", notices: parsed.data.value.map(noticeOf) };
  },
  channels: {
    renewHours: 72,
    async subscribe(ctx, { id, secret, address }) {
      const made = await command(
        ctx,
        api,
        `${ctx.api}/subscriptions`,
        {
          body: {
            changeType: "updated",
            resource: "me/drive/root",
            notificationUrl: address,
            lifecycleNotificationUrl: address,
            expirationDateTime: endOf(ctx),
            clientState: `${id}.${secret}`,
            latestSupportedTlsVersion: "v1_2",
          },
        },
        subscription,
      );
      return { remoteId: made.id, expiresAt: new Date(made.expirationDateTime) };
    },
    async renew(ctx, remoteId) {
      const body = { expirationDateTime: endOf(ctx) };
      const renewed = await command(ctx, api, addressOf(ctx, remoteId), { method: "PATCH", body }, subscription);
      return { remoteId: renewed.id, expiresAt: new Date(renewed.expirationDateTime) };
    },
    async end(ctx, { remoteId }) {
      try {
        await command(ctx, api, addressOf(ctx, remoteId), { method: "DELETE" }, z.unknown());
      } catch (error) {
        if (!(error instanceof Failure && error.kind === "missing")) throw error;
      }
    },
  },
};

function noticeOf(item: z.output<typeof batch>["value"][number]): ChannelNotice {
  const [, channel = "", secret = ""] = clientState.exec(item.clientState ?? "") ?? [];
  const event = item.lifecycleEvent ? (events[item.lifecycleEvent] ?? "changed") : "changed";
  return { channel, secret, number: null, event };
}

function addressOf(ctx: Ctx<object>, remoteId: string): string {
  return `${ctx.api}/subscriptions/${encodeURIComponent(remoteId)}`;
}

function endOf(ctx: Ctx<object>): string {
  return new Date(ctx.now().getTime() + lifeMs).toISOString();
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
