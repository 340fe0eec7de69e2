import { afterEach, beforeAll, expect, test } from "vitest";
import { checkSettings } from "#lib/connections/check.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { addressesOf } from "#lib/oauth/endpoints.ts";
import { notion } from "./connector.ts";
import { fillDemo } from "./fake/demo.ts";
import { idFor } from "./fake/ids.ts";
import { FakeNotion } from "./fake/server.ts";
import { notionOAuth } from "./oauth.ts";

const open: FakeNotion[] = [];
beforeAll(() => testDatabase());
afterEach(async () => {
  for (const fake of open.splice(0)) await fake.close();
});

async function start(): Promise<FakeNotion> {
  const fake = await FakeNotion.start();
  open.push(fake);
  fillDemo(fake.workspace, 0);
  setEnvForTests(fake.env);
  return fake;
}

function check(
  fake: FakeNotion,
  facts: Readonly<Record<string, string>> = fake.grant.facts,
  token = fake.grant.accessToken,
) {
  return checkSettings(
    notion,
    {},
    {
      authorize: async (http) => ({
        grant: facts,
        http: {
          request: (url, request = {}) =>
            http.request(url, { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
        },
      }),
    },
  );
}

test("the account is the workspace, with the e-mail of who connected it and a taste of its pages", async () => {
  const fake = await start();
  const checked = await check(fake);
  expect(checked).toMatchObject({
    ok: true,
    account: {
      id: idFor("workspace ada"),
      label: "Lighthouse Works (ada@example.com)",
      email: "ada@example.com",
    },
  });
  expect(checked.ok && checked.account.sample.length).toBe(5);
  expect(fake.counts.total).toBe(2);
});

test("a grant that tells nothing is still recognised: Notion says whose it is", async () => {
  const fake = await start();
  const checked = await check(fake, {});
  expect(checked).toMatchObject({
    ok: true,
    account: { id: idFor("workspace ada"), label: "Lighthouse Works (ada@example.com)" },
  });
});

test("an empty workspace is fine", async () => {
  const fake = await FakeNotion.start();
  open.push(fake);
  setEnvForTests(fake.env);
  expect(await check(fake)).toMatchObject({ ok: true, account: { sample: [] } });
});

test("a token that is not accepted means reconnecting", async () => {
  const fake = await start();
  expect(await check(fake, {}, "nobody")).toMatchObject({ ok: false, refusal: { kind: "reauth" } });
});

test("every endpoint is under NOTION_API_URL; without it, Notion's own", () => {
  setEnvForTests({ NOTION_API_URL: undefined });
  const at = (base: string) => ({
    authorize: `${base}/v1/oauth/authorize`,
    token: `${base}/v1/oauth/token`,
    revoke: `${base}/v1/oauth/revoke`,
    api: `${base}/v1`,
  });
  expect(addressesOf(notionOAuth)).toEqual(at("https://api.notion.com"));
  setEnvForTests({ NOTION_API_URL: "http://127.0.0.1:9" });
  expect(addressesOf(notionOAuth)).toEqual(at("http://127.0.0.1:9"));
});

test("it begins three requests a second, and no more", () => {
  expect(notion.pace({})).toEqual({ perSecond: 3, concurrency: 4 });
});
