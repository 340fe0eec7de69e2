/** Rows of a delimited file (RFC 4180, with the usual liberties), or undefined when it does not look like one. */
export function parseDelimited(text: string, delimiter: string, maxCells: number): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let cells = 0;
  let i = 0;
  while (i < text.length) {
    let value: string;
    if (text.charCodeAt(i) === 34) {
      let end = i + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) return undefined;
        if (text.charCodeAt(end + 1) !== 34) break;
        end += 2;
      }
      value = text.slice(i + 1, end).replaceAll('""', '"');
      i = end + 1;
      const c = text[i];
      if (c !== undefined && c !== delimiter && c !== "\n") return undefined;
    } else {
      let end = i;
      while (end < text.length && text[end] !== delimiter && text.charCodeAt(end) !== 10) end++;
      value = text.slice(i, end);
      i = end;
    }
    row.push(value);
    if (++cells > maxCells) return undefined;
    if (text[i] === delimiter) {
      i++;
      if (i === text.length) row.push("");
      else continue;
    } else i++;
    rows.push(row);
    row = [];
  }
  return rows.filter((cellsOfRow) => cellsOfRow.some((cell) => cell.trim() !== ""));
}

/** The delimiter that splits the first lines most evenly. */
export function guessDelimiter(text: string): string {
  const sep = /^sep=(.)\n/.exec(text)?.[1];
  if (sep !== undefined) return sep;
  const lines = text.slice(0, 8192).split("\n", 10).slice(0, -1).filter(Boolean);
  if (lines.length === 0) lines.push(text.slice(0, 8192));
  let best = ",";
  let bestScore = 0;
  for (const candidate of [",", ";", "\t", "|"]) {
    const counts = lines.map((line) => line.replace(/"[^"]*"/g, "").split(candidate).length - 1);
    const least = Math.min(...counts);
    const score = least * 10 - (Math.max(...counts) - least);
    if (score > bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}
