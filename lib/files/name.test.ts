import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fileName } from "./name.ts";

test("a file is called by the last part of its path, and looks like what it is", () => {
  expect(fileName("report.pdf")).toBe("report.pdf");
  expect(fileName("../../etc/passwd")).toBe("passwd");
  expect(fileName("C:\\Users\\me\\notes.md")).toBe("notes.md");
  expect(fileName("a\r\nSet-Cookie: x\0.txt")).toBe("aSet-Cookie: x.txt");
  // What turns the direction of text would show "exe.txt" for a name that ends in "txt.exe".
  expect(fileName("\u202etxt.exe")).toBe("txt.exe");
  expect(fileName("\ud83d\udc68\u200d\ud83d\udc69.md")).toBe("\ud83d\udc68\u200d\ud83d\udc69.md");
  for (const none of [undefined, "", ".", "..", "...", "/", "a/", "a\\..", " ", "\0"])
    expect(fileName(none)).toBe("untitled");
});

test("no name is empty, a path or unstorable", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (sent) => {
      const name = fileName(sent);
      expect(name).not.toMatch(/^\.*$|[/\\\p{Cc}]/u);
      expect(name.isWellFormed()).toBe(true);
    }),
  );
});
