import { exitWith } from "./exit.ts";
import { projectFolder } from "./project.ts";
import { supervise } from "./supervisor.ts";

/** `npm start`; with `--dev`, `npm run dev`. */
process.chdir(projectFolder);
await exitWith(async () => {
  await supervise({ dev: process.argv.includes("--dev") });
  return 0;
});
