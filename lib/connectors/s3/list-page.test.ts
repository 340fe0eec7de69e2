import { describe, expect, it } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import { ListPageError, parseListPage } from "./list-page.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const object = "<Contents><Key>a</Key><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>";
const page = (inside: string) =>
  `<?xml version="1.0"?>\n<ListBucketResult xmlns="x">${inside}<IsTruncated>false</IsTruncated></ListBucketResult>\n`;

describe("a page of a listing", () => {
  it("is read with its owners, unknown elements, empty elements and attributes left aside", () => {
    const xml = page(
      `<Name>b</Name><Prefix/><KeyCount>1</KeyCount><Contents><Owner><ID>Key</ID><DisplayName/></Owner><Key> a &amp; b&#x41;&#66; </Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>"e-2"</ETag><ChecksumAlgorithm xsi:type="x">CRC32</ChecksumAlgorithm><Size>12</Size><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus><StorageClass>GLACIER</StorageClass></Contents><CommonPrefixes><Prefix>z</Prefix></CommonPrefixes>`,
    );
    expect(parseListPage(bytes(xml))).toEqual({
      entries: [
        {
          key: " a & bAB ",
          etag: "e-2",
          size: 12,
          lastModified: new Date("2026-01-02T03:04:05.678Z"),
          storageClass: "GLACIER",
        },
      ],
      truncated: false,
      token: undefined,
    });
  });

  it("decodes keys only if the store says that they are encoded, even when it says so last", () => {
    const key = "<Contents><Key>a%20b+c</Key><Size>1</Size></Contents>";
    expect(parseListPage(bytes(page(key))).entries[0]?.key).toBe("a%20b+c");
    expect(parseListPage(bytes(page(`${key}<EncodingType>url</EncodingType>`))).entries[0]?.key).toBe("a b c");
  });

  it("an ETag that would not fit into a header counts as none", () => {
    for (const etag of ["&quot;a&#13;&#10;b&quot;", "é", "x".repeat(201), ""]) {
      expect(
        parseListPage(bytes(page(`<Contents><Key>a</Key><ETag>${etag}</ETag><Size>1</Size></Contents>`))).entries[0]
          ?.etag,
      ).toBe("");
    }
  });

  it.each([
    [
      "document type with entities",
      '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ListBucketResult>&b;</ListBucketResult>',
    ],
    ["document type inside", page(`<!DOCTYPE x>${object}`)],
    [
      "external entity",
      '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><ListBucketResult><Name>&x;</Name></ListBucketResult>',
    ],
    ["undeclared entity in a key", page("<Contents><Key>&x;</Key><Size>1</Size></Contents>")],
    ["reference to NUL", page("<Contents><Key>&#0;</Key><Size>1</Size></Contents>")],
    ["reference beyond Unicode", page("<Contents><Key>&#x110000;</Key><Size>1</Size></Contents>")],
    ["unfinished reference", page("<Contents><Key>a&amp</Key><Size>1</Size></Contents>")],
    [
      "a million numeric references",
      page(`<Contents><Key>${"&#65;".repeat(1_000_000)}</Key><Size>1</Size></Contents>`),
    ],
    ["CDATA", page("<Contents><Key><![CDATA[a]]></Key><Size>1</Size></Contents>")],
    ["comment", page(`<!-- -->${object}`)],
    ["cut off in an element", page(object).slice(0, 90)],
    ["cut off after an object", `<ListBucketResult><IsTruncated>false</IsTruncated>${object}`],
    ["nothing", ""],
    ["blanks", "  \n"],
    ["text", "Not found"],
    ["JSON", '{"a":1}'],
    ["a web page", "<!DOCTYPE html><html><body>hi</body></html>"],
    ["a web page without a document type", "<html><body>hi</body></html>"],
    [
      "another root",
      '<?xml version="1.0"?><ListAllMyBucketsResult><IsTruncated>false</IsTruncated></ListAllMyBucketsResult>',
    ],
    ["an error with status 200", "<Error><Code>InternalError</Code></Error>"],
    ["two roots", page(object) + page(object)],
    ["no IsTruncated", `<ListBucketResult>${object}</ListBucketResult>`],
    ["two IsTruncated", page("<IsTruncated>true</IsTruncated>")],
    ["an unclear IsTruncated", "<ListBucketResult><IsTruncated>perhaps</IsTruncated></ListBucketResult>"],
    ["an object without a key", page("<Contents><Size>1</Size></Contents>")],
    ["an object with two keys", page("<Contents><Key>a</Key><Key>b</Key><Size>1</Size></Contents>")],
    ["an object without a size", page("<Contents><Key>a</Key></Contents>")],
    ["a negative size", page("<Contents><Key>a</Key><Size>-1</Size></Contents>")],
    [
      "elements that do not match",
      "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Size></Contents></ListBucketResult>",
    ],
    [
      "elements that cross",
      "<ListBucketResult><a><b><c>x</c></a></b><IsTruncated>false</IsTruncated></ListBucketResult>",
    ],
    [
      "a closing tag with a longer name",
      "<ListBucketResult><IsTruncated>false</IsTruncated><a><b>x</b></ab></ListBucketResult>",
    ],
    ["depth", `<ListBucketResult>${"<a>".repeat(100_000)}`],
    ["bytes that are not UTF-8", "latin1"],
  ])("is refused quickly: %s", async (title, xml) => {
    const input = title === "bytes that are not UTF-8" ? Uint8Array.of(0x3c, 0xff) : bytes(xml);
    const refused = () => expect(() => parseListPage(input)).toThrow(ListPageError);
    expect(await quickest(refused, 100)).toBeLessThan(100);
  });

  it("takes any prefix of a valid page for what it is: cut off", () => {
    const whole = page(object + object);
    for (let length = 0; length < whole.trimEnd().length; length++) {
      expect(() => parseListPage(bytes(whole.slice(0, length)))).toThrow(ListPageError);
    }
    expect(parseListPage(bytes(whole)).entries).toHaveLength(2);
  });
});
