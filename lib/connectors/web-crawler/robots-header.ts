/** What `X-Robots-Tag` headers say to us. Meta robots is read by extraction. */
export interface RobotsHeader {
  readonly noindex: boolean;
  readonly nofollow: boolean;
}

/**
 * `noindex, nofollow` for everyone; `TributaryBot: noindex` for us; `otherbot: noindex` for others. A directive without
 * agent belongs to the last agent named before it; repeated headers arrive joined by ", ".
 */
export function readRobotsHeader(header: string | undefined, agent: string): RobotsHeader {
  let noindex = false;
  let nofollow = false;
  let forUs = true;
  for (const part of (header ?? "").toLowerCase().split(",")) {
    let directive = part.trim();
    const colon = directive.indexOf(":");
    // "unavailable_after: 25 jun 2027" and "max-snippet: 20" are directives with a value, not agents
    if (colon > 0 && !/^(?:unavailable_after|max-[a-z-]+)$/.test(directive.slice(0, colon).trim())) {
      const name = directive.slice(0, colon).trim();
      forUs = name === agent.toLowerCase() || name === "*" || name === "robots";
      directive = directive.slice(colon + 1).trim();
    }
    if (!forUs) continue;
    if (directive === "noindex" || directive === "none") noindex = true;
    if (directive === "nofollow" || directive === "none") nofollow = true;
  }
  return { noindex, nofollow };
}
