import { describe, expect, test } from "vitest";
import { isListed, withResult } from "./redirect.ts";

describe("adding a result to an address", () => {
  test.each([
    ["https://a.example", "https://a.example?connectionId=1"],
    ["https://a.example/x", "https://a.example/x?connectionId=1"],
    ["https://a.example/x?", "https://a.example/x?connectionId=1"],
    ["https://a.example/x?a=b%20c+d&a=2", "https://a.example/x?a=b%20c+d&a=2&connectionId=1"],
    ["https://a.example/#/route?x=1", "https://a.example/?connectionId=1#/route?x=1"],
    ["https://a.example/?error=old&connection%49d=9&provider&q", "https://a.example/?q&connectionId=1"],
  ])("%s keeps the rest as it was written", (url, expected) => {
    expect(withResult(url, { connectionId: "1" })).toBe(expected);
  });

  test("values cannot break out of their place", () => {
    const url = withResult("https://a.example/", { error: "a&b=c#d", error_description: "x\r\ny <z> \ud800" });
    expect(url).toBe("https://a.example/?error=a%26b%3Dc%23d&error_description=x%0D%0Ay%20%3Cz%3E%20%EF%BF%BD");
  });

  test.each(["javascript:alert(1)", "//a.example", "http://a.example", "https://u@a.example", ""])(
    "%s is nowhere to send a person, whoever stored it",
    (url) => {
      expect(() => withResult(url, { error: "x" })).toThrow();
      expect(isListed(url, ["http://a.example", "https://a.example", "null"])).toBe(false);
    },
  );
});
