import { z } from "zod";
import { askJson } from "../json-api.ts";
import { command } from "../json-command.ts";
import { Failure, type Heard, type Webhook } from "../types.ts";
import { googleDriveApi as api } from "./failures.ts";

/**
 * Notices of the Drive API (Guides → Notifications for resource changes): a channel of changes.watch sends requests
 * whose headers say all there is to say.
 */

/** The longest a channel of changes may live is 7 days; a bit less, so that clocks need not agree. */
const lifeMs = 7 * 86_400_000 - 3_600_000;

const startToken = z.object({ startPageToken: z.string() });
const watched = z.object({ resourceId: z.string().min(1), expiration: z.string().regex(/^\d{1,16}$/) });
const notFound = (error: unknown) => error instanceof Failure && error.kind === "missing";

export const driveWebhook: Webhook<object> = {
  hear({ headers }): Heard {
    const state = headers["x-goog-resource-state"] ?? "";
    const number = headers["x-goog-message-number"] ?? "";
    const channel = headers["x-goog-channel-id"] ?? "";
    if (channel === "" || state === "" || !/^\d{1,15}$/.test(number)) return { kind: "nonsense" };
    const secret = headers["x-goog-channel-token"] ?? "";
    // "sync" is the first message of every channel.
    const event = state === "sync" ? "hello" : "changed";
    return { kind: "channels", notices: [{ channel, secret, number: Number(number), event }] };
  },
  channels: {
    renewHours: 24,
    async subscribe(ctx, { id, secret, address }) {
      const { startPageToken } = await askJson(
        ctx,
        api,
        `${ctx.api}/changes/startPageToken?supportsAllDrives=true`,
        startToken,
        { secure: true },
      );
      const query = new URLSearchParams({
        pageToken: startPageToken,
        includeItemsFromAllDrives: "true",
        includeRemoved: "true",
        supportsAllDrives: "true",
      });
      const channel = await command(
        ctx,
        api,
        `${ctx.api}/changes/watch?${query}`,
        { body: { id, type: "web_hook", address, token: secret, expiration: String(ctx.now().getTime() + lifeMs) } },
        watched,
      );
      return { remoteId: channel.resourceId, expiresAt: new Date(Number(channel.expiration)) };
    },
    async end(ctx, { id, remoteId }) {
      try {
        await command(ctx, api, `${ctx.api}/channels/stop`, { body: { id, resourceId: remoteId } }, z.unknown());
      } catch (error) {
        if (!notFound(error)) throw error;
      }
    },
  },
};
