import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attachment, dispositionOf } from "./content-disposition.ts";

const filename = (parameters: string) => dispositionOf(`form-data; name="file"; ${parameters}`)?.filename;

describe("the names of parts", () => {
  test("are read as browsers, curl and Python write them", () => {
    expect(dispositionOf('form-data; name="file"; filename="a b.txt"')).toEqual({
      type: "form-data",
      name: "file",
      filename: "a b.txt",
    });
    expect(dispositionOf("form-data; name=file")).toEqual({ type: "form-data", name: "file" });
    expect(dispositionOf('Form-Data;NAME="file";')).toEqual({ type: "form-data", name: "file" });
    expect(filename('filename="na\u00efve \u65e5\u672c.txt"')).toBe("na\u00efve \u65e5\u672c.txt");
    expect(filename('filename="say %22hi%22.txt"')).toBe('say "hi".txt');
    expect(filename('filename="say \\"hi\\".txt"')).toBe('say "hi".txt');
    expect(filename('filename="C:\\Users\\me\\a.txt"')).toBe("C:\\Users\\me\\a.txt");
    expect(filename('filename="100%.txt"')).toBe("100%.txt");
    expect(filename('filename="a;b=c.txt"')).toBe("a;b=c.txt");
    expect(filename('filename=""')).toBe("");
    expect(filename("other=1")).toBeUndefined();
  });

  test("in the extended form win, and are refused when they are broken", () => {
    expect(filename("filename*=UTF-8''na%C3%AFve.txt")).toBe("na\u00efve.txt");
    expect(filename("filename*=utf-8'en'a%20b.txt; filename=\"other\"")).toBe("a b.txt");
    expect(filename("filename*=iso-8859-1''na%EFve.txt")).toBe("na\u00efve.txt");
    for (const broken of ["UTF-8''%FF", "UTF-8''%2", "UTF-8''a b", "koi8-r''x", "x", "UTF-8''a\u00ef"])
      expect(dispositionOf(`form-data; name="file"; filename*=${broken}`), broken).toBeUndefined();
  });

  test.each([
    "",
    ";",
    '"form-data"',
    'form-data; name="a',
    'form-data; name="a"b',
    'form-data; name="a"; name="b"',
    'form-data; filename="a"; FILENAME="b"',
    "form-data; =x",
    "form-data, name=a",
  ])("are not guessed from %j", (header) => {
    expect(dispositionOf(header)).toBeUndefined();
  });

  test("take no time to refuse", () => {
    const started = performance.now();
    for (const long of [
      '"'.repeat(8_000),
      "\\".repeat(8_000),
      ";".repeat(8_000),
      "; a=".repeat(2_000),
      " ".repeat(8_000),
    ])
      for (const start of ["form-data; name=", 'form-data; name="', "form-data"]) dispositionOf(start + long);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe("the name of a download", () => {
  test("is plain where it can be, with a fallback where it cannot", () => {
    expect(attachment("report.pdf")).toBe('attachment; filename="report.pdf"');
    expect(attachment("na\u00efve.txt")).toBe("attachment; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve.txt");
    expect(attachment('a"b\\c%20.txt')).toBe(
      "attachment; filename=\"a_b_c_20.txt\"; filename*=UTF-8''a%22b%5Cc%2520.txt",
    );
    expect(attachment("\u65e5\u672c.txt")).toContain('filename="__.txt"');
  });

  test("is one header of ASCII whatever it is, and reads back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
        const header = attachment(name);
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        expect(dispositionOf(header)?.filename).toBe(name);
      }),
    );
  });
});
