import { expect, test } from "vitest";
import { connectors } from "../lib/connectors/index.ts";
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
    expect(describeFakes(fakes)).toContain("sign in as Ada Lovelace");
  } finally {
    fakes.close();
  }
});
