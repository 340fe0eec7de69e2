import { exitWith } from "../exit.ts";
import { projectFolder } from "../project.ts";
import { supervise } from "../supervisor.ts";

/** The real supervisor with stand-ins for web and worker, so that its tests need no build. */
process.chdir(projectFolder);
await exitWith(async () => {
  await supervise({
    web: ["lib/start/testing/web.ts"],
    worker: ["lib/start/testing/worker.ts"],
    build: async () => {},
  });
  return 0;
});
