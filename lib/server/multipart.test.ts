import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Multipart } from "./multipart.ts";

/** Hands the body out in pieces that end at these places, and counts how often it was asked. */
function source(body: Uint8Array, cuts: readonly number[] = []) {
  const ends = [...new Set(cuts.map((cut) => cut % (body.length + 1)))].filter((end) => end > 0).sort((a, b) => a - b);
  const pieces = [...ends, body.length].map((end, i, all) => body.subarray(all[i - 1] ?? 0, end));
  let asked = 0;
  return {
    fetch: () => Promise.resolve(pieces[asked++]),
    get asked() {
      return asked;
    },
  };
}

interface Part {
  readonly head: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

async function contentOf(form: Multipart): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of form.content()) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function read(body: Uint8Array, boundary: string, cuts?: readonly number[]): Promise<Part[]> {
  const form = new Multipart(source(body, cuts).fetch, boundary);
  const parts: Part[] = [];
  for (let head = await form.next(); head; head = await form.next())
    parts.push({ head: Object.fromEntries(head), content: await contentOf(form) });
  return parts;
}

const text = (body: string) => Buffer.from(body, "utf8");
const form = (...parts: readonly string[]) => text(`${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`);
const detailsOf = (body: Uint8Array, boundary = "b") =>
  read(body, boundary).then(
    () => "read",
    (error: unknown) => (error as { details?: string }).details,
  );

describe("however a body is cut up on the way", () => {
  const boundary = fc.string({ unit: fc.constantFrom("a", "b", "-", "'", "1"), minLength: 1, maxLength: 40 });
  /** Content made of what looks like a boundary and almost is one. */
  const almost = (b: string) =>
    fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
          fc.constantFrom("\r", "\n", "\r\n", "\r\r\n", "--", `--${b}`, `\n--${b}`, `\r\n-${b}`, "\r\n\r\n").map(text),
          fc.nat({ max: b.length + 3 }).map((length) => text(`\r\n--${b}`).subarray(0, length)),
        ),
        { maxLength: 12 },
      )
      .map((pieces) => Buffer.concat(pieces))
      .filter((content) => !Buffer.concat([text("\r\n"), content, text("\r\n")]).includes(`\r\n--${b}`));
  const cases = boundary.chain((b) =>
    fc.record({
      boundary: fc.constant(b),
      contents: fc.array(almost(b), { minLength: 1, maxLength: 4 }),
      cuts: fc.array(fc.nat(), { maxLength: 60 }),
      preamble: fc.constantFrom("", "not for machines\r\n", "--\r\n"),
      epilogue: fc.constantFrom("", "\r\n", "\r\nand more", "x"),
    }),
  );

  test("every part arrives byte for byte (A04)", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ boundary: b, contents, cuts, preamble, epilogue }) => {
        const parts = contents.flatMap((content, i) => [
          text(`--${b}${i % 2 ? " \t" : ""}\r\nContent-Disposition: form-data; name="p${i}"\r\nX: ü:${i}\r\n\r\n`),
          content,
          text("\r\n"),
        ]);
        const body = Buffer.concat([text(preamble), ...parts, text(`--${b}--${epilogue}`)]);
        const found = await read(body, b, cuts);
        expect(found.map((part) => part.content.toString("hex"))).toEqual(contents.map((c) => c.toString("hex")));
        expect(found.map((part) => part.head["x"])).toEqual(contents.map((_, i) => `ü:${i}`));
      }),
      { numRuns: 400 },
    );
  });

  test("a body that ends early is never taken for a whole one", async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), async ({ boundary: b, contents, cuts }, at) => {
        const parts = contents.map((content) => Buffer.concat([text(`--${b}\r\nA: b\r\n\r\n`), content, text("\r\n")]));
        const body = Buffer.concat([...parts, text(`--${b}--`)]);
        const part = body.subarray(0, at % body.length);
        await expect(read(part, b, cuts)).rejects.toThrow("The form cannot be read.");
      }),
      { numRuns: 200 },
    );
  });

  test("whatever the bytes, they are read or refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("--b", "\r\n", "--", "\r", "a: b", ":", "x", "\0", "é"), { maxLength: 30 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (tokens, cuts) => {
          const body = text(tokens.join(""));
          const outcome = (found: readonly number[]) =>
            read(body, "b", found).then(
              (parts) => parts.map(({ head, content }) => ({ head, content: content.toString("hex") })),
              (error: unknown) => (error as { details?: string }).details,
            );
          const whole = await outcome([]);
          expect(whole).toBeDefined();
          expect(await outcome(cuts)).toEqual(whole);
        },
      ),
      { numRuns: 400 },
    );
  });
});

test("what the platform's own FormData writes is what is read", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      async (contents, cuts) => {
        const data = new FormData();
        contents.forEach((content, i) => data.append("f", new File([new Uint8Array(content)], `${i}`)));
        const response = new Response(data);
        const boundary = /boundary=(.*)$/.exec(response.headers.get("content-type") ?? "")?.[1] ?? "";
        const found = await read(new Uint8Array(await response.arrayBuffer()), boundary, cuts);
        expect(found.map((part) => part.content)).toEqual(contents.map((content) => Buffer.from(content)));
      },
    ),
    { numRuns: 50 },
  );
});

test("nothing is fetched that nobody asked for", async () => {
  const body = Buffer.concat([text("--b\r\nA: b\r\n\r\n"), Buffer.alloc(100_000, 1), text("\r\n--b--")]);
  const from = source(
    body,
    Array.from({ length: 100 }, (_, i) => i * 1_000),
  );
  const reader = new Multipart(from.fetch, "b");
  await reader.next();
  expect(from.asked).toBe(1);
  const content = reader.content();
  await content.next();
  await content.next();
  expect(from.asked).toBeLessThan(4);
});

test("a part nobody read is passed over", async () => {
  const body = form("A: 1\r\n\r\nfirst", "A: 2\r\n\r\nsecond");
  const reader = new Multipart(source(body, [3, 20, 22]).fetch, "b");
  await reader.next();
  expect((await reader.next())?.get("a")).toBe("2");
  expect((await contentOf(reader)).toString()).toBe("second");
  expect(await reader.next()).toBeUndefined();
  expect(await reader.next()).toBeUndefined();
});

test("a part without a head, a form without parts", async () => {
  expect(await read(form("\r\nbare"), "b")).toEqual([{ head: {}, content: text("bare") }]);
  expect(await read(text("--b--"), "b")).toEqual([]);
});

describe("what is no form says why", () => {
  const cases: readonly [what: string, body: Uint8Array, why: string][] = [
    ["nothing", text(""), "The body ends before its last boundary."],
    [
      "a boundary of something else",
      Buffer.alloc(20_000, "--c\r\n"),
      "the boundary in the Content-Type is not the one",
    ],
    [
      "a boundary that is part of a longer line",
      text("--bc\r\n\r\nx\r\n--b--"),
      "something that does not belong there",
    ],
    ["endless spaces behind a boundary", text(`--b${" ".repeat(200)}`), "something that does not belong there"],
    ["a head that is too long", text(`--b\r\nA: ${"x".repeat(9_000)}\r\n\r\n`), "longer than 8,192 bytes"],
    ["a head that never ends", text(`--b\r\n${"A: b\r\n".repeat(2_000)}`), "longer than 8,192 bytes"],
    ["a head that is no text", Buffer.concat([text("--b\r\nA: "), Buffer.of(0xff), text("\r\n\r\n")]), "valid UTF-8"],
    ["a line without a colon", form("nonsense\r\n\r\n"), "not a list of headers"],
    ["a name with a space", form("A b: c\r\n\r\n"), "not a list of headers"],
    ["a header twice", form("A: b\r\na: c\r\n\r\n"), "not a list of headers"],
    ["a line that goes on in the next one", form("A: b\r\n c\r\n\r\n"), "not a list of headers"],
    ["a bare line feed", form("A: b\nB: c\r\n\r\n"), "not a list of headers"],
    ["NUL in a header", form("A: b\0\r\n\r\n"), "not a list of headers"],
  ];
  test.each(cases)("%s", async (_what, body, why) => {
    expect(await detailsOf(body)).toContain(why);
  });
});
