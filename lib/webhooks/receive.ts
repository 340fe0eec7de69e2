import { timingSafeEqual } from "node:crypto";
import { connectorOf } from "#lib/connections/registry.ts";
import type { ChannelNotice, Heard, IncomingNotice, SignedNotice, Webhook } from "#lib/connectors/types.ts";
import { idPattern } from "#lib/contract/ids.ts";
import { variable } from "#lib/env.ts";
import { removeChannel, renewChannelSoon } from "./channel-repo.ts";
import { accountOf, channelById, forgetChannel, hashOfSecret } from "./directory.ts";
import { takeHandshake } from "./handshake.ts";
import { wake } from "./wake.ts";

/**
 * What becomes of a request to a provider's webhook address. Anybody may send one, so answers say nothing about what
 * there is: an unknown channel and a wrong secret are the same, and so are an unknown account and a wrong signature.
 */

export type Answer =
  | { readonly kind: "accepted" }
  /** exactly this text, as plain text */
  | { readonly kind: "echo"; readonly text: string }
  | { readonly kind: "nonsense" }
  /** not signed by whom it should be */
  | { readonly kind: "unsigned" }
  /** no such provider, channel, or secret */
  | { readonly kind: "unknown" };

/** A provider puts that many into one request at most; the rest of a longer one is not looked at. */
const mostNotices = 1_000;
/** Providers try for a day or so to deliver a notice; what is older was recorded and is played back. */
const staleMs = 3 * 86_400_000;

/** @throws TooMany, and what the database throws: then the provider tries again later */
export async function receiveNotice(provider: string, request: IncomingNotice): Promise<Answer> {
  const webhook: Webhook<Record<string, unknown>> | undefined = connectorOf(provider)?.webhook;
  if (!webhook) return { kind: "unknown" };
  const heard: Heard = webhook.hear(request);
  switch (heard.kind) {
    case "echo":
    case "nonsense":
      return heard;
    case "channels":
      return receiveFromChannels(provider, heard.notices.slice(0, mostNotices));
    case "signed":
      return receiveSigned(provider, webhook, heard.notice, request.query.get("organization"));
  }
}

async function receiveFromChannels(provider: string, notices: readonly ChannelNotice[]): Promise<Answer> {
  const taken = await Promise.all(notices.map((notice) => receiveFromChannel(provider, notice)));
  return { kind: notices.length === 0 || taken.includes(true) ? "accepted" : "unknown" };
}

/** False for one that no channel of ours can have sent. */
async function receiveFromChannel(provider: string, notice: ChannelNotice): Promise<boolean> {
  const channel = idPattern.test(notice.channel) ? await channelById(notice.channel) : null;
  const genuine = timingSafeEqual(hashOfSecret(notice.secret), channel?.secretHash ?? hashOfSecret("nobody's"));
  if (!channel || !genuine || channel.provider !== provider) return false;
  // Numbers rise: one that does not was sent before.
  if (notice.number !== null && notice.number <= channel.number) return true;
  switch (notice.event) {
    case "hello":
      return true;
    case "expiring":
      await renewChannelSoon(channel.organizationId, channel.id);
      return true;
    case "ended":
      await removeChannel(channel.organizationId, channel.id);
      forgetChannel(channel.id);
      break;
    case "changed":
  }
  await wake(channel, { id: channel.id, number: notice.number });
  // Not before: what could not be queued is sent once more with the same number.
  channel.number = Math.max(channel.number, notice.number ?? 0);
  return true;
}

async function receiveSigned(
  provider: string,
  webhook: Webhook<Record<string, unknown>>,
  notice: SignedNotice,
  organizationId: string | null,
): Promise<Answer> {
  const { secretVariable } = webhook;
  if (notice.handshake !== null) {
    const taken = await takeHandshake(provider, notice, { secretVariable, organizationId });
    return { kind: taken ? "accepted" : "unsigned" };
  }
  const operators = secretVariable === undefined ? undefined : variable(secretVariable);
  const byOperator = operators !== undefined && notice.signedWith(operators);
  const known = notice.account === null ? null : await accountOf(provider, notice.account);
  const signers = new Set([...(known?.ownSecrets ?? [])].flatMap(([id, own]) => (notice.signedWith(own) ? [id] : [])));
  if (!byOperator && signers.size === 0) return { kind: "unsigned" };
  if (notice.at !== null && Date.now() - notice.at.getTime() > staleMs) return { kind: "accepted" };
  // An organization's own app speaks for that organization's connections alone.
  const told = (known?.connections ?? []).filter((each) => byOperator || signers.has(each.organizationId));
  await Promise.all(told.map((connection) => wake(connection, null)));
  return { kind: "accepted" };
}
