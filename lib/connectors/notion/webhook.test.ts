import { signWebhookPayload } from "@notionhq/client";
import { expect, test } from "vitest";
import type { Heard, SignedNotice } from "../types.ts";
import { notionWebhook } from "./webhook.ts";

const secret = "secret_of_the_subscription";

function hear(body: string, signature: string): Heard {
  return notionWebhook.hear({
    query: new URLSearchParams(),
    headers: { "x-notion-signature": signature },
    body: Buffer.from(body),
  });
}

function signed(heard: Heard): SignedNotice {
  if (heard.kind !== "signed") throw new Error(heard.kind);
  return heard.notice;
}

const event = JSON.stringify({
  id: "1",
  type: "page.content_updated",
  workspace_id: "w-1",
  timestamp: "2026-11-20T12:00:00.000Z",
  entity: { id: "p", type: "page" },
});

test("an event signed as the official library signs is genuine, and names its workspace", async () => {
  const signature = await signWebhookPayload({ body: event, verificationToken: secret });
  const notice = signed(hear(event, signature));
  expect(notice).toMatchObject({ account: "w-1", at: new Date("2026-11-20T12:00:00Z"), handshake: null });
  expect(notice.signedWith(secret)).toBe(true);
  expect(notice.signedWith("another")).toBe(false);
});

test("a wrong, short, missing or foreign signature is never genuine (C17)", async () => {
  const right = await signWebhookPayload({ body: event, verificationToken: secret });
  const others = [
    "",
    "sha256=",
    "sha256=00",
    right.slice(0, -2),
    right.slice(7),
    `sha1=${right.slice(7)}`,
    "x".repeat(71),
  ];
  for (const signature of others) expect(signed(hear(event, signature)).signedWith(secret), signature).toBe(false);
  expect(signed(hear(`${event} `, right)).signedWith(secret)).toBe(false);
});

test("the first request hands over the secret that signed it", async () => {
  const body = JSON.stringify({ verification_token: secret });
  const notice = signed(hear(body, await signWebhookPayload({ body, verificationToken: secret })));
  expect(notice.handshake).toBe(secret);
  expect(notice.signedWith(secret)).toBe(true);
});

test("what is not an event is nonsense", () => {
  for (const body of ["", "{", "[]", "7", "\u0000"]) expect(hear(body, "").kind).toBe("nonsense");
});
