import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { connectors } from "../lib/connectors/index.ts";
import { readArguments } from "./fakes-command.ts";
import { describeFakes, startFakes } from "./start-fakes.ts";

test("every provider there is can be tried out on one machine, with what the product needs for it", async () => {
  const fakes = await startFakes("http://localhost:3000", 0);
  try {
    expect(fakes.sources.map(({ name }) => name)).toEqual(connectors.map(({ name }) => name));
    for (const { auth } of connectors) {
      if (auth.kind !== "oauth") continue;
      for (const name of [`${auth.variables}_CLIENT_ID`, `${auth.variables}_CLIENT_SECRET`, auth.api.variable])
        expect(fakes.variables, name).toHaveProperty(name);
      expect(fakes.variables[auth.api.variable]).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
    }
    const allowed = fakes.variables["EGRESS_ALLOW"]?.split(",") ?? [];
    expect(allowed.length).toBeGreaterThanOrEqual(connectors.length);
    for (const host of allowed) expect(host).toMatch(/^127\.0\.0\.1:\d+$/);
    const told = describeFakes(fakes);
    expect(told).toContain("sign in as Ada Lovelace");
    const pages = told.match(/(?<=withdraw their access at )\S+/g) ?? [];
    expect(pages).toHaveLength(connectors.filter(({ auth }) => auth.kind === "oauth").length);
    for (const address of pages) expect(await (await fetch(address)).text(), address).toContain("Ada Lovelace");
  } finally {
    fakes.close();
  }
});

test("a port that is taken is told in one sentence, with what to do, and nothing is left running", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await expect(startFakes("http://localhost:3000", port)).rejects.toThrow(
    new RegExp(`^Port ${port}, which one of the sources needs, is already in use.*--port=9201`),
  );
  await new Promise((resolve) => server.close(resolve));
});

test("the ports of the sources can be chosen; what cannot be meant is refused in one sentence", () => {
  const read = (...args: string[]) => readArguments(args, "http://localhost:3000");
  expect(read()).toEqual({ firstPort: 9101, appUrl: "http://localhost:3000" });
  expect(read("--port=9201", "--app-url=http://localhost:4000/")).toEqual({
    firstPort: 9201,
    appUrl: "http://localhost:4000",
  });
  for (const wrong of ["--port=http", "--port=-1", "--port=65535", "--ports=1", "9201"])
    expect(() => read(wrong), wrong).toThrow(/--port/);
});
