import { StartupError } from "../db/startup-error.ts";
import { env, type Env } from "../env.ts";
import { log } from "../log.ts";
import { bootstrap } from "../organizations/bootstrap.ts";
import { issueSetupToken } from "../organizations/setup-token.ts";
import { ensureBuild, generateClient } from "./build.ts";
import { superviseChild, type SupervisedChild } from "./child.ts";
import { ownDatabase, type OwnedDatabase } from "./data-folder.ts";
import { prepareDatabase } from "./database.ts";
import { refuseTakenPort } from "./port.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import { listenForStop, type StopRequest } from "./stop-request.ts";

export interface StartOptions {
  /** live reload instead of a build */
  readonly dev?: boolean;
  /** scripts with arguments; other ones than ours in tests */
  readonly web?: readonly string[];
  readonly worker?: readonly string[];
  readonly build?: (signal: AbortSignal) => Promise<void>;
}

const webGraceMs = 8_000;
const workerGraceMs = 12_000;

/**
 * Runs the product until it is asked to end: database, migrations, build, then web and workers as processes of their
 * own. Ends what it has started in the opposite order, whatever happened.
 * @throws StartupError | EnvError before anything runs that could not be ended
 */
export async function supervise(options: StartOptions = {}): Promise<void> {
  const config = env();
  const stop = listenForStop();
  const children: SupervisedChild[] = [];
  let database: OwnedDatabase | undefined;
  try {
    database = config.DATABASE_URL ? undefined : await ownDatabase(config.DATA_DIR, config.APP_URL);
    if (database) {
      log("info", "database ready", { embedded: true, attached: database.attached, milliseconds: database.readyMs });
    }
    const url = config.DATABASE_URL ?? database?.url ?? "";
    if (config.EGRESS_ALLOW.length > 0) {
      log("warn", "private addresses are opened to connections", { EGRESS_ALLOW: config.EGRESS_ALLOW.join(", ") });
    }
    const secrets = await loadSecrets(config);
    await refuseTakenPort(config.HOST, config.PORT);
    let setupToken: string | undefined;
    await prepareDatabase(url, stop.signal, async (client) => {
      await bootstrap(client, config);
      setupToken = await issueSetupToken(client);
    });
    const build = options.build ?? (options.dev ? generateClient : ensureBuild);
    await build(stop.signal);
    if (stop.signal.aborted) return;

    const variables = childVariables(config, url, secrets, options.dev ?? false);
    const web = superviseChild({
      name: "web",
      command: options.web ?? ["lib/start/web.ts"],
      env: variables,
      graceMs: webGraceMs,
    });
    children.push(web);
    for (let n = 1; n <= config.WORKERS; n++) {
      children.push(
        superviseChild({
          name: config.WORKERS === 1 ? "worker" : `worker ${n}`,
          command: options.worker ?? ["lib/jobs/worker.ts"],
          env: variables,
          graceMs: workerGraceMs,
        }),
      );
    }
    await running(web, stop, () => banner(config, setupToken));
  } catch (error) {
    if (!stop.signal.aborted) throw error; // being asked to end is no failure
  } finally {
    stop.onHurry(() => {
      for (const child of children) child.kill();
    });
    await Promise.all(children.map((child) => child.stop()));
    await database?.stop();
    stop.dispose();
  }
}

/** Resolves when asked to stop; rejects when web says that it can never run. */
async function running(web: SupervisedChild, stop: StopRequest, onReady: () => void): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const failed = web.fatal.then((message) => {
    throw new StartupError(message);
  });
  await Promise.race([stopped, failed, web.ready.then(onReady)]);
  await Promise.race([stopped, failed]);
}

function childVariables(config: Env, url: string, secrets: Secrets, dev: boolean): Record<string, string | undefined> {
  return {
    NODE_ENV: dev ? "development" : "production",
    NEXT_TELEMETRY_DISABLED: "1",
    DATABASE_URL: url,
    DATA_DIR: config.DATA_DIR,
    APP_URL: config.APP_URL,
    SEALING_KEYS: secrets.sealingKeys,
    NEXTAUTH_SECRET: secrets.nextauthSecret,
    // next-auth reads this one itself
    NEXTAUTH_URL: config.APP_URL,
    // Used up; children have no business with them.
    BOOTSTRAP_API_KEYS: undefined,
    BOOTSTRAP_OWNER: undefined,
  };
}

const isLoopback = (host: string): boolean => ["localhost", "127.0.0.1", "::1", "[::1]"].includes(host);

function banner(config: Env, setupToken: string | undefined): void {
  const lines = [`Tributary is ready: ${config.APP_URL}`];
  if (setupToken) {
    lines.push(
      "",
      "Nobody owns it yet. Create the owner account with this link; it works once:",
      `${config.APP_URL}/setup?token=${setupToken}`,
    );
  }
  if (!isLoopback(config.HOST) && isLoopback(new URL(config.APP_URL).hostname)) {
    lines.push(
      "",
      `It listens on ${config.HOST}, but signing in works only at this address: set APP_URL to the one people open.`,
    );
  }
  process.stdout.write(`\n${lines.map((line) => (line ? `  ${line}` : "")).join("\n")}\n\n`);
}
