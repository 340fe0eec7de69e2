import { EgressError } from "#lib/egress/types.ts";
import { ExtractError, type Page } from "#lib/extract/types.ts";
import { Failure, type Account, type Ctx } from "../types.ts";
import type { Config } from "./config.ts";
import { robotsForbids, robotsUnreachable, startFailure, unreachable } from "./failures.ts";
import { fetchPage, maxHops } from "./fetch-page.ts";
import { fetchRobots } from "./robots-file.ts";
import { createSite } from "./site.ts";
import { otherType } from "./traps.ts";

const mostSamples = 10;

/**
 * "Test connection": robots.txt and the first page, at most `timeoutMs` together.
 * @throws Failure with cause and remedy: DNS, TLS, refused, blocked, login, missing, not HTML, robots, timeout, other host
 */
export async function check(ctx: Ctx<Config>, timeoutMs: number): Promise<Account> {
  const site = createSite(ctx.config.startUrl);
  const { host } = site.start;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([ctx.signal, deadline]);
  try {
    return await look(ctx, timeoutMs, signal);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (ctx.signal.aborted) throw error;
    if (deadline.aborted)
      throw unreachable(host, new EgressError("timeout", `${host} did not answer within ${timeoutMs / 1000} s.`));
    throw unreachable(host, error);
  }
}

async function look(ctx: Ctx<Config>, timeoutMs: number, signal: AbortSignal): Promise<Account> {
  const site = createSite(ctx.config.startUrl);
  const { host } = site.start;
  const robots = await fetchRobots(ctx.http, site, signal, timeoutMs);
  if (robots.kind === "unreachable") throw robotsUnreachable(host, robots.detail, robots.error);
  const limits = { headersTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs, totalTimeoutMs: timeoutMs, retries: 0 };
  let address = site.address(new URL(site.start));
  for (let hop = 0; ; hop++) {
    const url = new URL(address);
    if (!robots.rules.allows(url.pathname + url.search)) throw robotsForbids(address);
    const outcome = await fetchPage(ctx.http, site, address, {}, limits, signal);
    const failure = startFailure(host, address, outcome);
    if (failure) throw failure;
    if (outcome.kind === "redirect" && outcome.target) {
      if (hop >= maxHops)
        throw new Failure("permanent", `${site.start.href} redirects more than ${maxHops} times.`, {
          field: "metadata.startUrl",
          fix: "Open the address in a browser and use the one you end at.",
        });
      address = outcome.target.href;
      continue;
    }
    if (outcome.kind !== "page") throw new Error(`unexpected answer to the first request: ${outcome.kind}`);
    let page: Page;
    try {
      page = await ctx.page({ bytes: outcome.bytes, url: outcome.url, contentType: outcome.contentType });
    } catch (error) {
      if (!(error instanceof ExtractError)) throw error;
      throw new Failure("permanent", `${address} cannot be read: ${error.message}`, {
        cause: error,
        field: "metadata.startUrl",
        fix: "Use the address of an ordinary HTML page.",
      });
    }
    const title = page.title.trim().slice(0, 200);
    const first = site.key(new URL(outcome.url));
    const links = new Map<string, string>();
    for (const link of page.links) {
      const target = site.resolve(link);
      const key = target && site.key(target);
      if (!target || !key || key === first || otherType(key)) continue;
      if (!robots.rules.allows(target.pathname + target.search)) continue;
      links.set(key, key.slice(site.origin.length));
      if (links.size >= mostSamples) break;
    }
    const secure = site.start.protocol === "http:" && outcome.url.startsWith("https:");
    return {
      id: site.origin.replace(/^https?:/, ""),
      label: title === "" ? host : `${host} – ${title}`,
      sample: [
        { id: first, title: title === "" ? host : title },
        ...[...links].map(([id, path]) => ({ id, title: path })),
      ],
      // a site that moved to https is kept at its https address from the start
      ...(secure ? { corrected: { startUrl: `https${site.start.href.slice(4)}` } } : {}),
    };
  }
}
