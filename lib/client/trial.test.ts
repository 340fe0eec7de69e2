import { describe, expect, test } from "vitest";
import type { Trial } from "#lib/contract/reference-view.ts";
import { trialRequest, type TrialValues } from "./trial.ts";

const trial: Trial = {
  method: "DELETE",
  path: "/v3/documents/{documentId}/parts",
  parameters: [
    { name: "documentId", in: "path", required: true, example: "" },
    { name: "limit", in: "query", required: false, example: "" },
  ],
  body: null,
  file: false,
  effect: true,
};
const values: TrialValues = { key: "sm_key", parameters: { documentId: "a/b c", limit: "" }, body: "", file: null };

describe("a request to try", () => {
  test("goes to the path that was filled in, slashes and all, with the key and nothing else that speaks for anybody", () => {
    expect(trialRequest(trial, values)).toEqual({
      kind: "request",
      url: "/v3/documents/a%2Fb%20c/parts",
      init: {
        method: "DELETE",
        headers: { authorization: "Bearer sm_key" },
        credentials: "omit",
        cache: "no-store",
      },
    });
    expect(trialRequest(trial, { ...values, parameters: { documentId: "a", limit: "5" } })).toMatchObject({
      url: "/v3/documents/a/parts?limit=5",
    });
  });

  test.each([
    ["a key", { key: "" }, "Enter an API key."],
    ["a key that could be one", { key: "a b" }, "Enter an API key."],
    ["what the path needs", { parameters: {} }, "Enter documentId."],
  ])("is not made without %s", (_what, change, message) => {
    expect(trialRequest(trial, { ...values, ...change })).toEqual({ kind: "problem", message });
  });

  test("sends an object as JSON; anything else is said to be none", () => {
    const adding: Trial = { ...trial, method: "POST", path: "/v3/documents", parameters: [], body: "{}" };
    expect(trialRequest(adding, { ...values, body: '{"content": "a"}' })).toMatchObject({
      init: { body: '{"content":"a"}', headers: { "content-type": "application/json" } },
    });
    expect(trialRequest(adding, { ...values, body: "" })).toMatchObject({ init: { body: "{}" } });
    for (const body of ["[1]", "null", "{"])
      expect(trialRequest(adding, { ...values, body })).toMatchObject({ kind: "problem" });
  });

  test("sends a file as a form with its other fields", () => {
    const upload: Trial = {
      ...trial,
      method: "POST",
      path: "/v3/documents/file",
      parameters: [],
      body: "{}",
      file: true,
    };
    const body = '{"containerTag": "a", "metadata": {"b": 1}}';
    expect(trialRequest(upload, { ...values, body })).toEqual({ kind: "problem", message: "Choose a file." });
    const request = trialRequest(upload, { ...values, body, file: new File(["x"], "x.md") });
    if (request.kind !== "request") throw new Error(request.message);
    const form = request.init.body as FormData;
    expect([...form.keys()]).toEqual(["containerTag", "metadata", "file"]);
    expect([form.get("containerTag"), form.get("metadata")]).toEqual(["a", '{"b":1}']);
    // The browser names the boundary itself.
    expect(request.init.headers).toEqual({ authorization: "Bearer sm_key" });
  });
});
