import { fakesOfCommand } from "./fakes-command.ts";
import { describeFakes } from "./start-fakes.ts";

/** `npm run fakes`: sources for trying out, and what to start Tributary with. Ctrl-C ends them. */
const { fakes } = await fakesOfCommand("http://localhost:3000");
const variables = Object.entries(fakes.variables).map(([name, value]) => `${name}=${value}`);
console.log(`${describeFakes(fakes)}
Start Tributary in another terminal with:

${variables.map((variable) => `  export ${variable}`).join("\n")}
  npm start
`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => fakes.close());
