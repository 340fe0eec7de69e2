import { describe, expect, it } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import { refuseExpression, tagRule } from "./tag-rule.ts";

describe("containerTagRegex", () => {
  it.each(["users/(?<userId>[^/]+)/", "users/(?P<userId>[^/]+)/"])(
    "%s makes the captured text the object's tag",
    (expression) => {
      const rule = tagRule(expression, "connection");
      expect(rule("users/alice/notes.md")).toEqual({ tags: ["alice"] });
      expect(rule("a/users/bob-2:x.y/notes.md")).toEqual({ tags: ["bob-2:x.y"] });
    },
  );

  it("a key that does not match gets the connection's own tags, is left out, or is held, as chosen", () => {
    const verdicts = (["connection", "skip", "hold"] as const).map(
      (unmatched) => tagRule("users/(?<userId>[^/]+)/", unmatched)("other/x").skip,
    );
    expect(verdicts).toEqual([undefined, "filtered", "held"]);
  });

  it("a capture that is not a legal tag never becomes another tag, whatever is chosen", () => {
    const bad = [
      "users/a b/x",
      "users/ä/x",
      `users/${"x".repeat(101)}/x`,
      "users/😀/x",
      "users/\udcff/x",
      "users/a\n/x",
      "users/a%2Fb/x",
      "users//x",
    ];
    for (const [unmatched, reason] of [
      ["connection", "tag_invalid"],
      ["skip", "tag_invalid"],
      ["hold", "held"],
    ] as const) {
      const rule = tagRule("^users/(?<userId>[^/]*)/", unmatched);
      for (const key of bad) {
        const verdict = rule(key);
        expect(verdict).toMatchObject({ skip: reason });
        expect(verdict.tags).toBeUndefined();
        expect(verdict.why?.isWellFormed()).toBe(true);
      }
    }
    expect(tagRule("(?:users/(?<userId>x))?", "connection")("other")).toMatchObject({ skip: "tag_invalid" });
  });

  it.each([
    ["(a+)+$", "named userId"],
    ["users/[^/]+", "named userId"],
    ["(?<user>x)", "named userId"],
    ["(?<=a)(?<userId>b)", "look-behind"],
    ["(?=a)(?<userId>b)", "look-ahead"],
    ["(?!a)(?<userId>b)", "look-ahead"],
    ["(?<userId>a)\\1", "back-reference"],
    ["(?<userId>a)\\k<userId>", "back-reference"],
    ["(?<userId>a)(?<userId>b)", "duplicate"],
    ["(?<userId>a)(?P<userId>b)", "duplicate"],
    ["(?<userId>a", "missing"],
    ["(?<userId>[a)", "missing"],
    ["(?<userId>*)", "repetition"],
    ["(?<userId>(((a{1,50}){1,50}){1,50}){1,50})", "repeat"],
    ["(?<userId>.{1,1000})", "complex"],
    ["(?<userId>\\pL{1,1000})", "complex"],
    [`(?<userId>${"x".repeat(189)})`, "shorter than 200"],
    ["(?<userId>a\u0000)", "plain text"],
    ["(?<userId>\ud800)", "plain text"],
  ])("refuses %s within 50 ms and says why", async (expression, why) => {
    expect(refuseExpression(expression)).toContain(why);
    expect(await quickest(() => refuseExpression(expression), 50)).toBeLessThan(50);
  });

  it("199 characters are allowed", () => {
    const expression = `(?<userId>${"x".repeat(188)})`;
    expect(expression).toHaveLength(199);
    expect(refuseExpression(expression)).toBeUndefined();
  });
});

/** Expressions that take a backtracking engine seconds to ages, each with a key that brings it out. */
const bodies = [
  "(a+)+",
  "(a|a)*",
  "(a|aa)+",
  "(a*)*",
  "(a*)*b",
  "([a-zA-Z]+)*",
  "(.*a){10}",
  "(.*)*",
  "(.+)+x",
  "((a+)+)+",
  "(a+){2,40}",
  "(x+x+)+y",
  "(a?){40}a{40}",
  "(\\w+\\s?)*",
  "([^/]+/?)*",
  "(.{1,30}){1,30}z",
  "(\\d+)*-",
  "(a|b|ab)*c",
  "(aa|a)*b",
  "((.*)(.*)(.*)(.*))*z",
  "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z",
  "(\\pL+)+1",
  "([a-z]+)+[0-9]",
  "(a+b?)+c",
  "(?:a+|b+)+c",
  "(?i)(A+)+b",
  "(?s)(.+)+\\n!",
  "(\\S+\\s*)+!",
  "(\\b\\w+\\b)*!",
  "(a*?)*?b",
  "(a+?)+?b",
  "(.*?,){20}x",
  "((ab)*)*c",
  "(([a-z])+.)+[A-Z]",
  "(.*[^a]){15}",
  "([a-c]*[a-d]*[a-e]*)*f",
  "((a|b)(a|c)(a|d))*e",
  "(a{1,20}){1,20}b",
  "(\\w{1,20}\\W?){1,20}!",
  "(?:.a){1,50}b",
  "(a.*a.*a.*a.*a.*)b",
  "((((a*)*)*)*)b",
  "(a|a|a|a|a|a)+b",
  "(.|a|b|c)*d",
  "(\\D|\\w)*\\d!",
  "(x*y*z*)*!",
  "([[:alpha:]]+)*!",
  "(\\x61+)+b",
  "(^a+)+b",
  "(a+$)+b",
  "(a{0,60}){0,20}b",
  ".*.*.*.*.*.*.*.*!",
];

describe("expressions made to run for ever", () => {
  it(`${bodies.length} of them decide a key of 1,024 characters within 50 ms each`, async () => {
    expect(bodies.length).toBeGreaterThanOrEqual(50);
    const keys = [
      "a".repeat(1024),
      "x".repeat(1024),
      `${"a".repeat(1023)}!`,
      "ab/".repeat(341),
      "a, ".repeat(341),
      "ä".repeat(512),
      "0".repeat(1024),
    ];
    const slow: string[] = [];
    for (const body of bodies) {
      for (const expression of [`(?<userId>${body})$`, `^(?<userId>${body})`]) {
        const refused = refuseExpression(expression);
        if (refused !== undefined) {
          expect(refused).toMatch(/repeat|complex/);
          continue;
        }
        const rule = tagRule(expression, "connection");
        for (const key of keys) {
          const ms = await quickest(() => rule(key), 50);
          if (ms > 50) slow.push(`${expression} on ${key.slice(0, 5)}… ${Math.round(ms)} ms`);
        }
      }
    }
    expect(slow).toEqual([]);
  });
});
