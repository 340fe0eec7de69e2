/** The `fields` parameter of Google's APIs: a reply has what was asked for, and nothing else. */

type Mask = ReadonlyMap<string, Mask | null>;

/** `id,owners(emailAddress),files/name` → what to keep of each object; null = all of it */
export function parseFields(text: string): Mask {
  let at = 0;
  const list = (): Mask => {
    const mask = new Map<string, Mask | null>();
    for (;;) {
      const name = /^[A-Za-z0-9*]+/.exec(text.slice(at))?.[0];
      if (name === undefined) throw new Error(`Invalid field selection at ${at}`);
      at += name.length;
      let below: Mask | null = null;
      if (text[at] === "(") {
        at++;
        below = list();
        if (text[at] !== ")") throw new Error("Invalid field selection");
        at++;
      } else if (text[at] === "/") {
        at++;
        below = list();
      }
      mask.set(name, below);
      if (text[at] !== ",") return mask;
      at++;
    }
  };
  const mask = list();
  if (at !== text.length) throw new Error("Invalid field selection");
  return mask;
}

export function pick(value: unknown, mask: Mask | null): unknown {
  if (mask === null || mask.has("*") || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => pick(each, mask));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => {
      const below = mask.get(name);
      return below === undefined ? [] : [[name, pick(each, below)]];
    }),
  );
}
