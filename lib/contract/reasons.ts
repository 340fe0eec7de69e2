/** Why an item was skipped or failed, in words, and what to do about it. Keys are SkipReason. */
export const reasons: Readonly<Record<string, { readonly title: string; readonly remedy: string }>> = {
  unsupported_type: {
    title: "Type not supported",
    remedy: "Convert it to PDF, Office, HTML, Markdown or text, or leave it out.",
  },
  not_a_file: { title: "Not a file", remedy: "Documents are made of files only, so it is left out." },
  too_large: { title: "Too large", remedy: "Split it or shrink it below the limit." },
  archived: { title: "In archive storage", remedy: "Restore it to a readable storage class; the next sync takes it." },
  folder_marker: { title: "Folder marker", remedy: "Nothing to do: it holds no content." },
  encrypted: { title: "Password protected", remedy: "Save it without a password; the next sync takes it." },
  broken: { title: "Damaged file", remedy: "Open and save it again at the source; the next sync tries again." },
  bomb: { title: "Suspicious archive", remedy: "It unpacks to far more than it should. Check it at the source." },
  empty: { title: "No text in it", remedy: "Nothing to do, unless you expected text (scanned pages have none)." },
  filtered: { title: "Left out by your filter", remedy: "Change the connection's filter to include it." },
  excluded: {
    title: "Deleted here",
    remedy: "Somebody deleted its document, so syncs leave it out. To have it again, connect the source anew.",
  },
  tag_invalid: {
    title: "No legal container tag",
    remedy: "Change containerTagRegex or the key so that the tag is 1 to 100 legal characters.",
  },
  held: {
    title: "Waiting for your decision",
    remedy: "Its key gives no container tag. Change containerTagRegex, or choose what happens with such keys.",
  },
  robots: { title: "Forbidden by robots.txt", remedy: "Ask the site's owner to allow it." },
  noindex: { title: "Marked noindex", remedy: "Remove the noindex mark at the site to include it." },
  redirected: {
    title: "Redirects elsewhere",
    remedy: "Nothing to do: its target is synced if it belongs to the site.",
  },
  duplicate: { title: "Same page as another", remedy: "Nothing to do: the canonical address is synced." },
  blocked_address: {
    title: "Address not allowed",
    remedy: "It points to a private address. An operator can allow it with EGRESS_ALLOW.",
  },
  denied: { title: "Not allowed to read", remedy: "Give the connection permission to read it." },
  missing: {
    title: "Not found",
    remedy: "It was listed but could not be fetched; it leaves with the next sync if it is gone.",
  },
  id_too_long: { title: "Name too long", remedy: "Shorten its path to at most 2,048 bytes." },
  timeout: { title: "Took too long", remedy: "The next sync tries again." },
  memory: { title: "Needs too much memory", remedy: "Split it into smaller files." },
  unreachable: { title: "Could not be fetched", remedy: "The next sync tries again." },
  crashed: {
    title: "Stopped the worker",
    remedy: "It was set aside after three tries. Check the file; it is tried again when it changes.",
  },
};
