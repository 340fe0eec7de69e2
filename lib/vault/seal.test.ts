import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { setEnvForTests } from "#lib/env.ts";
import { createVault, parseSealingKeys, vault, VaultError, type Place } from "./seal.ts";

const place: Place = { table: "connections", column: "secrets", rowId: "row-1", organizationId: "org-1" };
const key = (id: string) => ({ id, key: randomBytes(32) });

function kindOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof VaultError ? error.kind : "other";
  }
  return undefined;
}

describe("sealing", () => {
  test("what was sealed opens again in its own place, byte for byte", () => {
    const box = createVault([key("a")]);
    for (const text of ["", "x", '{"secretAccessKey":"wJalr/é𝄞\\n"}', "z".repeat(100_000)]) {
      expect(box.open(box.seal(text, place), place)).toBe(text);
    }
  });

  test("the format is v1.<key id>.<12-byte nonce>.<ciphertext>.<16-byte tag>, and no nonce is used twice", () => {
    const box = createVault([key("k-2026")]);
    const sealed = Array.from({ length: 2_000 }, () => box.seal("secret", place));
    expect(sealed[0]).toMatch(/^v1\.k-2026\.[\w-]{16}\.[\w-]{8}\.[\w-]{22}$/);
    expect(new Set(sealed.map((text) => text.split(".")[2])).size).toBe(2_000);
    expect(sealed.join()).not.toContain("secret");
  });

  test("a sealed value does not open in another row, column, table or organization", () => {
    const box = createVault([key("a")]);
    const sealed = box.seal("text", place);
    const others: Partial<Place>[] = [
      { rowId: "row-2" },
      { column: "config" },
      { table: "users" },
      { organizationId: "org-2" },
    ];
    for (const other of others) expect(kindOf(() => box.open(sealed, { ...place, ...other }))).toBe("not_authentic");
  });

  test("places whose parts only run together alike are different places", () => {
    const box = createVault([key("a")]);
    const sealed = box.seal("text", { ...place, rowId: "ab", organizationId: "c" });
    expect(kindOf(() => box.open(sealed, { ...place, rowId: "a", organizationId: "bc" }))).toBe("not_authentic");
  });

  test("every single changed character is noticed", () => {
    const box = createVault([key("a")]);
    const sealed = box.seal("text of some length", place);
    for (let i = 0; i < sealed.length; i++) {
      const changed = `${sealed.slice(0, i)}${sealed[i] === "A" ? "Q" : "A"}${sealed.slice(i + 1)}`;
      const kind = kindOf(() => box.open(changed, place));
      // the last character of a base64url group has bits that mean nothing; everything else must be refused
      if (kind === undefined) {
        expect(Buffer.from(changed.split(".").slice(2).join(""), "base64url")).toBeDefined();
        const [was, is] = [sealed, changed].map((text) =>
          text.split(".").map((part) => Buffer.from(part, "base64url")),
        );
        expect(is).toEqual(was);
      } else expect(["not_authentic", "malformed", "unknown_key"]).toContain(kind);
    }
  });

  test("a shortened tag is refused", () => {
    const box = createVault([key("a")]);
    expect(kindOf(() => box.open(box.seal("text", place).slice(0, -6), place))).toBe("malformed");
  });

  test("texts that were never sealed are refused without saying what they are", () => {
    const box = createVault([key("a")]);
    for (const text of ["", "hunter2", "v1.a.b.c.d", "v2.a.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"]) {
      expect(kindOf(() => box.open(text, place))).toBe("malformed");
    }
    expect(() => box.open("hunter2", place)).toThrow(/^(?!.*hunter2)/);
  });
});

describe("keys", () => {
  afterEach(() => setEnvForTests({ SEALING_KEYS: undefined }));

  test("the first key seals, all keys open, a missing key is named", () => {
    const [first, second] = [key("first"), key("second")];
    const old = createVault([first]).seal("text", place);
    const rotated = createVault([second, first]);
    expect(rotated.open(old, place)).toBe("text");
    expect(rotated.isCurrent(old)).toBe(false);
    expect(rotated.seal("text", place)).toMatch(/^v1\.second\./);
    expect(() => createVault([second]).open(old, place)).toThrow(/“first”/);
    expect(kindOf(() => createVault([second]).open(old, place))).toBe("unknown_key");
  });

  test("another key under the same id does not open", () => {
    const sealed = createVault([key("a")]).seal("text", place);
    expect(kindOf(() => createVault([key("a")]).open(sealed, place))).toBe("not_authentic");
  });

  test("SEALING_KEYS takes base64 and base64url, several keys and spaces", () => {
    const bytes = Buffer.from("fb".repeat(32), "hex");
    const keys = parseSealingKeys(`new:${bytes.toString("base64url")}, old:${bytes.toString("base64")},`);
    expect(keys.map(({ id }) => id)).toEqual(["new", "old"]);
    for (const { key: parsed } of keys) expect(Buffer.from(parsed)).toEqual(bytes);
  });

  test("a malformed SEALING_KEYS is refused and never repeated in the message", () => {
    const short = randomBytes(31).toString("base64");
    for (const text of ["", ",", short, `k1:${short}`, `k.1:${randomBytes(32).toString("base64")}`, "k1:", "k1:äöü"]) {
      expect(kindOf(() => parseSealingKeys(text))).toBe("keys");
    }
    expect(() => parseSealingKeys(`k1:${short}`)).toThrow(/^(?!.*[A-Za-z0-9+/]{30})/);
    expect(kindOf(() => createVault([]))).toBe("keys");
    expect(kindOf(() => createVault([key("a"), key("a")]))).toBe("keys");
  });

  test("without SEALING_KEYS nothing is sealed, with it the vault follows the configuration", () => {
    expect(kindOf(() => vault())).toBe("keys");
    setEnvForTests({ SEALING_KEYS: `one:${randomBytes(32).toString("base64url")}` });
    expect(vault()).toBe(vault());
    expect(vault().currentKeyId).toBe("one");
    setEnvForTests({ SEALING_KEYS: `two:${randomBytes(32).toString("base64url")}` });
    expect(vault().currentKeyId).toBe("two");
  });
});
