import { Client, LogLevel, isFullBlock, isFullPage, iteratePaginatedAPI } from "@notionhq/client";
import { afterEach, expect, test } from "vitest";
import { fillDemo, fillSynthetic } from "./fake/demo.ts";
import { idFor } from "./fake/ids.ts";
import { FakeNotion } from "./fake/server.ts";
import { notionVersion } from "./oauth.ts";

/** The official library reads the fake as it reads Notion: that keeps the fake honest. */

const open: FakeNotion[] = [];
afterEach(async () => {
  for (const fake of open.splice(0)) await fake.close();
});

async function start(): Promise<{ fake: FakeNotion; client: Client }> {
  const fake = await FakeNotion.start();
  open.push(fake);
  fillDemo(fake.workspace, 0);
  const client = new Client({
    auth: fake.grant.accessToken,
    baseUrl: fake.origin,
    notionVersion,
    retry: false,
    logLevel: LogLevel.ERROR,
  });
  return { fake, client };
}

test("who it is", async () => {
  const { client } = await start();
  expect(await client.users.me({})).toMatchObject({ type: "bot", bot: { workspace_name: "Lighthouse Works" } });
});

test("search, page by page, newest edit first", async () => {
  const { fake, client } = await start();
  fillSynthetic(fake.workspace, 250);
  const times: string[] = [];
  const search = {
    filter: { property: "object", value: "page" },
    sort: { timestamp: "last_edited_time", direction: "descending" },
  } as const;
  for await (const result of iteratePaginatedAPI(client.search, search))
    if (result.object === "page" && isFullPage(result)) times.push(result.last_edited_time);
  expect(times).toHaveLength(256);
  expect(times).toEqual(times.toSorted().toReversed());
  expect(await client.search({ filter: { property: "object", value: "page", in_trash: true } })).toMatchObject({
    results: [],
  });
  expect(await client.search({ filter: { property: "object", value: "data_source" } })).toMatchObject({
    results: [{ object: "data_source" }, { object: "data_source" }],
  });
});

test("a page, its Markdown and its blocks", async () => {
  const { client } = await start();
  const page = await client.pages.retrieve({ page_id: idFor("handbook") });
  expect(isFullPage(page) && page.properties["title"]).toMatchObject({ type: "title" });
  const { markdown, truncated } = await client.pages.retrieveMarkdown({ page_id: page.id });
  expect(truncated).toBe(false);
  expect(markdown).toContain("## Every evening\n3. Climb up before sunset");
  const types: string[] = [];
  for await (const block of iteratePaginatedAPI(client.blocks.children.list, { block_id: page.id, page_size: 3 }))
    if (isFullBlock(block)) types.push(block.type);
  expect(types).toEqual([
    "callout",
    "heading_2",
    "numbered_list_item",
    "numbered_list_item",
    "numbered_list_item",
    "heading_2",
    "table",
    "quote",
    "image",
    "file",
    "child_database",
    "child_page",
    "child_page",
  ]);
});

test("a database, its data source and its rows", async () => {
  const { client } = await start();
  const source = await client.dataSources.retrieve({ data_source_id: idFor("towers") });
  expect(source).toMatchObject({ object: "data_source", parent: { type: "database_id" } });
  const rows = await client.dataSources.query({
    data_source_id: idFor("towers"),
    filter: { timestamp: "last_edited_time", last_edited_time: { on_or_after: "2000-01-01T00:00:00.000Z" } },
    sorts: [{ timestamp: "created_time", direction: "ascending" }],
  });
  expect(rows.results).toHaveLength(3);
  expect(rows).toMatchObject({ request_status: { type: "complete" } });
  const databaseId = "parent" in source && source.parent.type === "database_id" ? source.parent.database_id : "";
  expect(await client.databases.retrieve({ database_id: databaseId })).toMatchObject({
    data_sources: [{ id: idFor("towers"), name: "Towers" }],
  });
});

test("errors, as the library knows them", async () => {
  const { fake, client } = await start();
  const missing = client.pages.retrieve({ page_id: idFor("nobody") });
  await expect(missing).rejects.toMatchObject({ code: "object_not_found", status: 404 });
  fake.fault({ kind: "status", status: 429, times: 1, retryAfter: "7" });
  await expect(client.users.me({})).rejects.toMatchObject({ code: "rate_limited", status: 429 });
  const stranger = new Client({
    auth: "nobody",
    baseUrl: fake.origin,
    notionVersion,
    retry: false,
    logLevel: LogLevel.ERROR,
  });
  await expect(stranger.users.me({})).rejects.toMatchObject({ code: "unauthorized", status: 401 });
  await expect(client.search({ start_cursor: "nonsense" })).rejects.toMatchObject({ code: "validation_error" });
});

test("tokens: a code once, a new refresh token with each refresh, revocation", async () => {
  const { fake, client } = await start();
  fake.oauth.client("app", "app secret", "https://app.example/back");
  const code = fake.oauth.approve(new URLSearchParams({ client_id: "app", redirect_uri: "https://app.example/back" }));
  const app = { client_id: "app", client_secret: "app secret" };
  const exchange = {
    ...app,
    grant_type: "authorization_code" as const,
    code,
    redirect_uri: "https://app.example/back",
  };
  const first = await client.oauth.token(exchange);
  expect(first).toMatchObject({
    token_type: "bearer",
    workspace_name: "Lighthouse Works",
    owner: { type: "user", user: { person: { email: "ada@example.com" } } },
  });
  expect(first).not.toHaveProperty("expires_in");
  await expect(client.oauth.token(exchange)).rejects.toMatchObject({ status: 400 });
  const refresh = { ...app, grant_type: "refresh_token" as const, refresh_token: first.refresh_token ?? "" };
  const second = await client.oauth.token(refresh);
  expect(second.refresh_token).not.toBe(first.refresh_token);
  await expect(client.oauth.token(refresh)).rejects.toMatchObject({ status: 400 });
  const theirs = new Client({
    auth: second.access_token,
    baseUrl: fake.origin,
    notionVersion,
    retry: false,
    logLevel: LogLevel.ERROR,
  });
  expect(await theirs.users.me({})).toMatchObject({ type: "bot" });
  await client.oauth.revoke({ ...app, token: second.access_token });
  await expect(theirs.users.me({})).rejects.toMatchObject({ status: 401 });
});
