import { ensureBuild } from "./build.ts";
import { exitWith } from "./exit.ts";
import { projectFolder } from "./project.ts";

/** `npm run build`: what the first `npm start` would do, done beforehand. */
process.chdir(projectFolder);
await exitWith(async () => {
  await ensureBuild();
  return 0;
});
