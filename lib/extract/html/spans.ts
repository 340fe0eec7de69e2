/** `code` as an inline code span. */
export function codeSpan(code: string): string {
  if (!code.includes("`")) return "`" + code + "`";
  let longest = 0;
  for (const run of code.matchAll(/`+/g)) longest = Math.max(longest, run[0].length);
  const fence = "`".repeat(longest + 1);
  return `${fence} ${code} ${fence}`;
}

/** A link target that cannot end early: unbalanced parentheses go into angle brackets. */
export function destination(url: string): string {
  if (!/[()<>\s]/.test(url)) return url;
  let depth = 0;
  for (const c of url) {
    if (c === "(") depth++;
    else if (c === ")" && --depth < 0) break;
  }
  return depth === 0 && !/[<>\s]/.test(url) ? url : `<${url.replace(/[<>\s]/g, encodeURIComponent)}>`;
}
