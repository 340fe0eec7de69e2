import type { FlowStanding } from "#lib/contract/connect-page.ts";
import { prisma } from "#lib/db/client.ts";
import { Prisma, type ConnectFlow } from "#lib/db/generated/client.ts";
import type { Hash } from "./flow-tokens.ts";

/** Queries on connect flows. All of what is early or late is decided by the database's clock. */

type Db = Prisma.TransactionClient;

/** An exchange that has not come to an end after this long has lost its process. */
const exchangeSeconds = 60;
/** From connecting until the person has chosen what is synced. */
const choosingSeconds = 86_400;

export interface Flow extends ConnectFlow {
  readonly standing: FlowStanding;
  /** not older than an hour: the person is still at it */
  readonly recent: boolean;
  readonly organization: { readonly name: string; readonly redirectOrigins: readonly string[] };
}

interface Times {
  readonly id: string;
  readonly alive: boolean;
  readonly stalled: boolean;
  readonly recent: boolean;
}

/** Null for what is unknown, and for flows of organizations that are gone. */
export function findByState(stateHash: Hash): Promise<Flow | null> {
  return find(Prisma.sql`state_hash = ${stateHash}`);
}

export function findByPage(pageHash: Hash): Promise<Flow | null> {
  return find(Prisma.sql`page_hash = ${pageHash}`);
}

async function find(which: Prisma.Sql): Promise<Flow | null> {
  const [times] = await prisma().$queryRaw<Times[]>`
    select id, expires_at > now() as alive, created_at > now() - interval '1 hour' as recent,
           consumed_at < now() - ${exchangeSeconds}::float8 * interval '1 second' as stalled
      from connect_flows where ${which}`;
  return times ? load(times) : null;
}

async function load({ id, alive, stalled, recent }: Times): Promise<Flow | null> {
  const flow = await prisma().connectFlow.findUnique({ where: { id } });
  const organization =
    flow &&
    (await prisma().organization.findUnique({
      where: { id: flow.organizationId },
      select: { name: true, redirectOrigins: true },
    }));
  return organization ? { ...flow, standing: standingOf(flow, alive, stalled), recent, organization } : null;
}

function standingOf({ status }: ConnectFlow, alive: boolean, stalled: boolean): FlowStanding {
  if (status === "exchanging") return stalled ? "failed" : "exchanging";
  if ((status === "pending" || status === "confirming") && !alive) return "expired";
  return status;
}

export async function create(db: Db, flow: Prisma.ConnectFlowUncheckedCreateInput): Promise<void> {
  await db.connectFlow.create({ data: flow, select: { id: true } });
}

/**
 * Uses the state up, in one statement: of any number of callbacks exactly one gets true. A flow that is bound to a
 * browser stays as it is when another one comes.
 */
export async function consume(
  stateHash: Hash,
  provider: string,
  next: {
    readonly status: "confirming" | "exchanging";
    readonly browserHash: Hash;
    /** the provider's answer, sealed, while the person is asked */
    readonly code: string | null;
    /** how long they are asked */
    readonly seconds: number;
  },
): Promise<boolean> {
  const rows = await prisma().$queryRaw<{ id: string }[]>`
    update connect_flows
       set consumed_at = now(), status = ${next.status}::flow_status, code = ${next.code},
           browser_hash = ${next.browserHash},
           expires_at = case when ${next.status} = 'confirming'
             then now() + ${next.seconds}::float8 * interval '1 second' else expires_at end
     where state_hash = ${stateHash} and provider = ${provider} and status = 'pending'
       and consumed_at is null and expires_at > now()
       and (origin = 'api' or browser_hash = ${next.browserHash})
    returning id`;
  return rows.length === 1;
}

/** Takes the sealed answer to go on with it; undefined if somebody has, or the time is over. */
export async function takeConfirmed(pageHash: Hash, browserHash: Hash): Promise<string | undefined> {
  const rows = await prisma().$queryRaw<{ code: string | null }[]>`
    with mine as (
      select id, code from connect_flows
       where page_hash = ${pageHash} and browser_hash = ${browserHash}
         and status = 'confirming' and expires_at > now()
       for update)
    update connect_flows f set status = 'exchanging', consumed_at = now(), code = null
      from mine where f.id = mine.id
    returning mine.code`;
  return rows[0]?.code ?? undefined;
}

/** Ends it, or gives the person time to choose. Secrets of the way there are not needed any more. */
export async function finish(
  db: Db,
  flowId: string,
  to: { readonly status: "choosing" | "done" | "failed"; readonly error?: string; readonly errorDetail?: string },
  from: readonly ConnectFlow["status"][] = ["exchanging"],
): Promise<boolean> {
  const ids = [...from];
  const rows = await db.$queryRaw<{ id: string }[]>`
    update connect_flows
       set status = ${to.status}::flow_status, error = ${to.error ?? null}, error_detail = ${to.errorDetail ?? null},
           code = null, verifier = null, finished_at = now(), consumed_at = coalesce(consumed_at, now()),
           expires_at = case when ${to.status} = 'choosing'
             then now() + ${choosingSeconds}::float8 * interval '1 second' else expires_at end
     where id = ${flowId} and status::text = any(${ids})
    returning id`;
  return rows.length === 1;
}

/**
 * Ends `flow` to begin it once more; all others that would make the same connection end, too. False if one of them has
 * made it already.
 */
export async function supersede(db: Db, { id, organizationId, connectionId, reconnect }: Flow): Promise<boolean> {
  await db.$executeRaw`
    update connect_flows
       set status = 'failed', error = 'link_expired', error_detail = 'It was begun once more.',
           code = null, verifier = null, finished_at = now(), consumed_at = coalesce(consumed_at, now())
     where organization_id = ${organizationId} and connection_id = ${connectionId}
       and (id = ${id} or not ${reconnect}) and status in ('pending', 'confirming')`;
  if (reconnect) return true;
  const where = { organizationId, connectionId, status: { in: ["choosing" as const, "done" as const] } };
  return (await db.connectFlow.count({ where })) === 0;
}

/** How many flows of one connection were begun within an hour. */
export async function countRecent(db: Db, organizationId: string, connectionId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    select count(*)::int as count from connect_flows
     where organization_id = ${organizationId} and connection_id = ${connectionId}
       and created_at > now() - interval '1 hour'`;
  return row?.count ?? 0;
}

/** Of long ago: nobody asks for their result any more. */
export async function purgeFlows(): Promise<void> {
  await prisma().$executeRaw`delete from connect_flows where expires_at < now() - interval '7 days'`;
  await prisma().$executeRaw`delete from connect_links where expires_at < now() - interval '7 days'`;
}
