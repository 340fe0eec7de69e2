import { parseArgs } from "node:util";
import { describeFakes, startFakes } from "./start-fakes.ts";

/** `npm run fakes`: sources for trying out, and what to start Tributary with. Ctrl-C ends them. */
const { values } = parseArgs({ options: { "app-url": { type: "string", default: "http://localhost:3000" } } });
const fakes = await startFakes(values["app-url"].replace(/\/+$/, ""));
const variables = Object.entries(fakes.variables).map(([name, value]) => `${name}=${value}`);
console.log(`${describeFakes(fakes)}
Start Tributary in another terminal with:

${variables.map((variable) => `  export ${variable}`).join("\n")}
  npm start
`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => fakes.close());
