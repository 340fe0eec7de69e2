import { setTimeout as delay } from "node:timers/promises";
import { Failure, type Authorized, type Connector, type Ctx } from "#lib/connectors/types.ts";
import { AccountPace } from "#lib/db/account-pace.ts";
import { pool } from "#lib/db/client.ts";
import { isDatabaseUnavailable, transaction } from "#lib/db/tx.ts";
import type { Http, HttpOptions } from "#lib/egress/types.ts";
import { env } from "#lib/env.ts";
import { apiOf } from "#lib/oauth/endpoints.ts";
import { reachOf } from "#lib/oauth/reach.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { sendSync } from "#lib/jobs/queue.ts";
import { Beat } from "./beat.ts";
import {
  claimRun,
  finishRun,
  handBack,
  refreshClaim,
  type Claim,
  type ConnectionRow,
  type Remainder,
} from "./claim.ts";
import { completeRun, LostClaim, type CommitContext } from "./commit.ts";
import { Canceled, Control, Stopping } from "./control.ts";
import { startFrom, type Start } from "./cursor.ts";
import { Drive } from "./drive.ts";
import { Died, type Failpoint } from "./failpoint.ts";
import { classify } from "./failure.ts";
import { createKnown } from "./known.ts";

export type Log = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** What the engine is made of; the worker gives the real parts, tests may give others. */
export interface Engine {
  readonly connector: (provider: string) => Connector | undefined;
  /** unseals connections.secrets */
  readonly secrets: (connection: ConnectionRow) => Promise<Readonly<Record<string, unknown>>>;
  /** OAuth: the same door, with the connection's access token on requests to its provider */
  readonly authorize: (connection: ConnectionRow, connector: Connector, http: Http) => Promise<Authorized>;
  readonly createHttp: (options: HttpOptions) => Http & { close(): Promise<void> };
  readonly extractor: Extractor;
  readonly log: Log;
  readonly now?: () => Date;
  readonly random?: () => number;
  readonly failpoint?: Failpoint;
}

export type RunResult =
  | "completed"
  | "failed"
  | "canceled"
  /** given back to the queue */
  | "yielded"
  /** somebody else has it */
  | "lost"
  /** somebody alive has it, or it has to wait: its job was sent again for later */
  | "held"
  /** nothing to do */
  | "idle";

/** Passing trouble is tried again this often within a run, with growing pauses, before the run fails. */
const mostTries = 4;
/** Waits a provider asks for, without anything stored between them. */
const mostThrottles = 20;
const longestWaitSeconds = 3_600;
/** Shorter waits are sat out; for longer ones the run goes back to the queue. */
const sitOutSeconds = 10;
/** From one try to the next while the database takes no writes. */
const longestOutagePauseMs = 30_000;
/** Take-overs of a run in a row without a commit. */
const mostCrashes = 15;

/** Takes a run up and brings it to an end, whatever that end is. Throws only on bugs of the engine itself. */
export async function executeRun(engine: Engine, runId: string, stop?: AbortSignal): Promise<RunResult> {
  const claimed = await patiently(engine, () => claimRun(runId), stop);
  if (claimed === null) return "lost";
  if (claimed.kind === "held") {
    const { seconds } = claimed;
    await patiently(engine, () => transaction((client) => sendSync(client, runId, seconds)), stop);
    return "held";
  }
  if (claimed.kind === "done") return claimed.why === "canceled" ? "canceled" : "idle";
  return new Session(engine, claimed.claim, stop).run();
}

/** Waits out a database that does not answer. Null = the worker stops before it is back. */
async function patiently<T>(engine: Engine, work: () => Promise<T>, stop?: AbortSignal): Promise<T | null> {
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (!told) engine.log("warn", "the database does not answer; waiting for it");
      if (stop?.aborted) return null;
      await delay(1_000, undefined, stop ? { signal: stop } : {}).catch(() => {});
    }
  }
}

class Session {
  readonly #engine: Engine;
  readonly #stop: AbortSignal | undefined;
  readonly #traffic = { bytesRead: 0, requests: 0 };
  #claim: Claim;
  #notes: string[];
  #control = new Control();
  #drive: Drive | null = null;
  /** OAuth: what all connections of this account keep together */
  #accountPace: AccountPace | null = null;
  #restarted = false;
  #finishing = false;
  #tries = 0;
  #outages = 0;

  constructor(engine: Engine, claim: Claim, stop: AbortSignal | undefined) {
    this.#engine = engine;
    this.#claim = claim;
    this.#stop = stop;
    this.#notes = [...claim.run.notes];
  }

  async run(): Promise<RunResult> {
    const onStop = () => this.#control.stop("shutdown");
    this.#stop?.addEventListener("abort", onStop, { once: true });
    const beat = new Beat(this.#claim, () => ({
      control: this.#control,
      listed: this.#drive?.listed ?? null,
      phase: this.#finishing ? "finishing" : (this.#drive?.phase ?? null),
      progressed: this.#drive?.progressed ?? false,
    }));
    try {
      await this.#engine.failpoint?.("after claim");
      for (;;) {
        const result = await this.#attempt();
        if (result) return result;
        const claim = await patiently(this.#engine, () => refreshClaim(this.#claim), this.#stop);
        if (!claim) return "lost";
        this.#claim = claim;
        this.#notes = [...new Set([...claim.run.notes, ...this.#notes])];
      }
    } finally {
      this.#stop?.removeEventListener("abort", onStop);
      await beat.stop();
    }
  }

  /** One drive of the connector. Null = go on with another one. */
  async #attempt(): Promise<RunResult | null> {
    this.#control = new Control();
    if (this.#stop?.aborted) this.#control.stop("shutdown");
    try {
      return await this.#driveOnce();
    } catch (error) {
      if (error instanceof Died) throw error;
      return await this.#judge(error);
    } finally {
      this.#drive = null;
      this.#finishing = false;
    }
  }

  async #driveOnce(): Promise<RunResult> {
    const { run, connection } = this.#claim;
    if (run.crashes >= mostCrashes) {
      throw new Failure("permanent", `The worker stopped ${run.crashes} times in a row during this sync.`, {
        fix: "Look at the worker's log and memory; the next sync tries again.",
      });
    }
    const connector = this.#engine.connector(connection.provider);
    if (!connector) {
      throw new Failure("permanent", `This version has no connector for “${connection.provider}”.`, {
        fix: "Upgrade, or delete the connection.",
      });
    }
    const config = await this.#config(connector);
    const start = startFrom(
      connection.cursor,
      connector,
      run.id,
      connection.config_version,
      connection.document_count > 0,
    );
    const failpoint: Failpoint = this.#engine.failpoint ?? (() => {});
    const context: CommitContext = {
      claim: this.#claim,
      customId: (id) => connector.customId(config, id),
      compare: start.compare,
      failpoint,
    };
    const control = this.#control;
    const http = this.#http(connector, config, control);
    try {
      const authorized =
        connector.auth.kind === "oauth"
          ? await this.#engine.authorize(connection, connector, http)
          : { http, grant: {} };
      const cautious = run.crashes >= 2;
      if (cautious) {
        this.#engine.log("warn", "taking up a run that stopped its worker: one item at a time", {
          run: run.id,
          connection: connection.id,
          crashes: run.crashes,
        });
      }
      const drive = new Drive({
        connector,
        ctx: this.#ctx(connector, config, authorized, control, start),
        extractor: this.#engine.extractor,
        context,
        start,
        control,
        added: run.count_new,
        listed: connector.order === "marked" ? await this.#markedSoFar() : 0,
        cautious,
        traffic: this.#traffic,
        notes: this.#notes,
      });
      this.#drive = drive;
      const result = await drive.run();
      if (result.type === "yielded") return await this.#yield();
      this.#finishing = true;
      await completeRun(context, { ...result, order: connector.order }, drive.facts());
      this.#engine.log("info", "sync completed", { run: run.id, connection: connection.id });
      return "completed";
    } finally {
      await http.close();
    }
  }

  async #config(connector: Connector): Promise<Record<string, unknown>> {
    const { connection } = this.#claim;
    const secrets = await this.#engine.secrets(connection);
    const parsed = connector.config.safeParse({ ...connection.config, ...secrets });
    if (parsed.success) return Object.freeze(parsed.data);
    const problem = parsed.error.issues[0];
    throw new Failure(
      "permanent",
      `The connection's settings are not valid any more: ${problem?.path.join(".") ?? "settings"} ${problem?.message ?? ""}`,
      { fix: "Open the connection's settings and save them again." },
    );
  }

  #http(connector: Connector, config: Record<string, unknown>, control: Control) {
    this.#accountPace = this.#paceOf(connector, config);
    return this.#engine.createHttp({
      ...reachOf(connector, config),
      ...(this.#accountPace ? { sharedPace: this.#accountPace } : {}),
      signal: control.signal,
      onWait: (until) => {
        control.waitingUntil = until;
      },
      onReply: ({ bytes }) => {
        this.#traffic.requests++;
        this.#traffic.bytesRead += bytes;
      },
    });
  }

  #paceOf(connector: Connector, config: Record<string, unknown>): AccountPace | null {
    const { id, provider, account_id: account } = this.#claim.connection;
    const { perSecond } = connector.pace(config);
    if (connector.auth.kind !== "oauth") return null;
    return new AccountPace(`${provider}:${account ?? id}`, perSecond, connector.name);
  }

  #ctx(
    connector: Connector,
    config: Record<string, unknown>,
    { http, grant }: Authorized,
    control: Control,
    start: Start,
  ): Ctx<Record<string, unknown>> {
    const { run, connection } = this.#claim;
    return {
      config,
      http,
      api: apiOf(connector),
      grant,
      page: (input) => this.#engine.extractor.page(input, control.signal),
      known: createKnown(connection.id, run.id, async () => this.#drive?.settled()),
      // In marked order the marks themselves say what this run has decided, with or without a checkpoint.
      resuming: start.resuming || (connector.order === "marked" && run.attempts > 1),
      limit: Math.max(0, connection.document_limit - run.count_new),
      signal: control.signal,
      now: this.#engine.now ?? (() => new Date()),
      note: (text) => {
        if (this.#notes.length < 20 && !this.#notes.includes(text)) this.#notes.push(text);
      },
      log: (level, message, fields) => this.#engine.log(level, message, { ...fields, run: run.id }),
    };
  }

  async #markedSoFar(): Promise<number> {
    if (this.#claim.run.attempts <= 1 && this.#tries === 0 && !this.#restarted) return 0;
    const { rows } = await pool().query<{ n: string }>(
      `select (select count(*) from documents where connection_id = $1 and seen_run_id = $2) +
              (select count(*) from item_issues i where connection_id = $1 and seen_run_id = $2 and not exists (
                 select 1 from documents d where d.connection_id = $1 and d.key = i.key and d.seen_run_id = $2)) as n`,
      [this.#claim.connection.id, this.#claim.run.id],
    );
    return Number(rows[0]?.n ?? 0);
  }

  async #yield(): Promise<RunResult> {
    return (await patiently(this.#engine, () => handBack(this.#claim, this.#rest()), this.#stop)) ? "yielded" : "lost";
  }

  /** What an error means for the run. Null = drive again. */
  async #judge(error: unknown): Promise<RunResult | null> {
    const progressed = this.#drive?.progressed ?? false;
    if (error instanceof LostClaim) {
      this.#engine.log("warn", "this run is not ours any more; nothing of what was in hand is written", {
        run: this.#claim.run.id,
      });
      // Lost to another worker, or to a pause or deletion that the last heartbeat had not seen yet.
      await this.#finish({ status: "canceled" });
      return "lost";
    }
    if (error instanceof Canceled) {
      await this.#finish({ status: "canceled" });
      return "canceled";
    }
    if (error instanceof Stopping) return this.#yield();
    if (isDatabaseUnavailable(error)) {
      this.#engine.log("warn", "the database does not answer; waiting for it", { run: this.#claim.run.id });
      // It may answer questions and yet take no writes (a full disk): nobody is to be asked for everything over and over.
      if (progressed) this.#outages = 0;
      return this.#pause(Math.min(env().RETRY_BASE_MS * 2 ** this.#outages++, longestOutagePauseMs));
    }
    if (progressed) this.#tries = 0;
    const stop = classify(error);
    if (stop.kind === "internal") {
      this.#engine.log("error", "a sync failed inside Tributary", {
        run: this.#claim.run.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    if (stop.policy === "restart" && !this.#restarted) {
      this.#restarted = true;
      await this.#forgetCursor();
      return null;
    }
    if (stop.policy === "backoff" && this.#tries < mostTries) {
      const pause = env().RETRY_BASE_MS * 2 ** this.#tries++;
      return this.#pause(pause * (0.5 + (this.#engine.random ?? Math.random)()));
    }
    if (stop.policy === "wait" && this.#claim.run.throttles + this.#tries < mostThrottles) {
      const seconds = Math.min(stop.retryAfterSeconds ?? 30, longestWaitSeconds);
      // What only the connector could tell from a reply, the account's other connections do not know yet.
      if (error instanceof Failure) this.#accountPace?.holdFor(seconds * 1_000);
      if (seconds > sitOutSeconds) {
        const back = await patiently(
          this.#engine,
          () => handBack(this.#claim, this.#rest(), { seconds, throttled: true }),
          this.#stop,
        );
        return back ? "yielded" : "lost";
      }
      this.#tries++;
      return this.#pause(seconds * 1_000);
    }
    await this.#finish({
      status: "failed",
      errorCode: stop.errorCode,
      failureKind: stop.kind,
      error: stop.text,
    });
    return "failed";
  }

  /** Waits within the run; heartbeats go on and a cancel or stop ends it. */
  async #pause(ms: number): Promise<RunResult | null> {
    const control = new Control();
    this.#control = control;
    control.waitingUntil = new Date(Date.now() + ms);
    control.onShutdown = () => control.abort(new Stopping());
    if (this.#stop?.aborted) control.stop("shutdown");
    await delay(ms, undefined, { signal: control.signal }).catch(() => {});
    return control.signal.aborted ? this.#judge(control.reason) : null;
  }

  #rest(): Remainder {
    return { notes: this.#notes, ...this.#traffic };
  }

  async #finish(ending: Parameters<typeof finishRun>[1]): Promise<void> {
    await patiently(this.#engine, () => finishRun(this.#claim, ending, this.#rest()), this.#stop);
  }

  async #forgetCursor(): Promise<void> {
    const { connection, fence } = this.#claim;
    await patiently(this.#engine, () =>
      transaction((client) =>
        client.query("update connections set cursor = null where id = $1 and fence = $2", [connection.id, fence]),
      ),
    );
  }
}
