/** Addresses inside Notion pages: which of them last, and which are pages of Notion. */

const signed = /[?&](?:x-amz-[a-z-]+|signature|expirationtimestamp|expires|sig|se)=/i;
const storage = /(?:^|\.)(?:amazonaws\.com|notion-static\.com|notionusercontent\.com)$/i;

/**
 * Files kept by Notion have addresses that work for an hour. They are of no use in a document, and as each reply has
 * others, the document would change with every sync.
 */
export function isShortLived(address: string): boolean {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return true;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return true;
  return signed.test(url.search) || (storage.test(url.hostname) && /notion|secure|prod-files/i.test(address));
}

/** `[text](address)`, or only the text where the address does not last. */
export function linkOf(text: string, address: string): string {
  const words = text.replace(/\s+/g, " ").trim();
  if (isShortLived(address)) return words;
  return `[${(words || address).replace(/(?<!\\)([[\]])/g, "\\$1")}](${address.replace(/[\s()<>]/g, encodeURIComponent)})`;
}

/** The id in an address of Notion: of the block after `#`, else of the page. Null if there is none. */
export function idOf(address: string): string | null {
  const hash = address.lastIndexOf("#");
  const parts = hash < 0 ? [address] : [address.slice(hash + 1), address.slice(0, hash)];
  for (const part of parts) {
    const plain = part.split("?", 1)[0] ?? "";
    const found = /([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\/?$/i.exec(plain);
    if (found) return found.slice(1).join("-").toLowerCase();
  }
  return null;
}
