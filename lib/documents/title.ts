const charsMax = 200;
/** A title is near the beginning or nowhere. */
const lookAt = 16_384;

/** What a text is called: its front matter's title, its first heading, or its first line; null when there is no word in it. */
export function titleOf(text: string): string | null {
  const { body, title } = withoutFrontMatter(text.slice(0, lookAt));
  const lines = outsideCode(body);
  const heading = lines.map((line) => /^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$/.exec(line)?.[1]).find(isTelling);
  return shortened(title ?? heading ?? lines.find(isTelling) ?? body.split("\n").find(isTelling) ?? "");
}

function withoutFrontMatter(text: string): { readonly body: string; readonly title: string | undefined } {
  const front = /^---[ \t]*\r?\n([\s\S]*?)\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/.exec(text);
  if (!front || !/^[\w-]+[ \t]*:/m.test(front[1] ?? "")) return { body: text, title: undefined };
  const named = /^title[ \t]*:[ \t]*(.+?)[ \t]*\r?$/im.exec(front[1] ?? "")?.[1];
  const title = named === undefined ? undefined : (/^(["'])(.*)\1$/.exec(named)?.[2] ?? named);
  return { body: text.slice(front[0].length), title: isTelling(title) ? title : undefined };
}

/** The lines that are not inside a fenced block of code: a `#` there is a comment. */
function outsideCode(text: string): string[] {
  let fence: string | undefined;
  return text.split("\n").filter((line) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) {
      fence = mark;
      return mark === undefined;
    }
    if (mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length) fence = undefined;
    return false;
  });
}

function isTelling(line: string | undefined): line is string {
  return line !== undefined && /[\p{L}\p{N}]/u.test(line);
}

/** One line of plain text, without the marks of Markdown, cut between words where there are any. */
function shortened(line: string): string | null {
  const plain = line
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[\s>*+\-#|]+/, "")
    .replace(/[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}/g, (mark) => (mark.startsWith("_") ? mark : ""))
    .replace(/\s+/g, " ")
    .trim();
  if (plain.length <= charsMax) return plain === "" ? null : plain;
  const cut = plain.slice(0, charsMax - 1).toWellFormed();
  const space = cut.lastIndexOf(" ");
  return `${space > charsMax / 2 ? cut.slice(0, space) : cut.replace(/\uFFFD$/, "")}…`;
}
