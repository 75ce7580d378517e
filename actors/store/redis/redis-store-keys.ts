// The names under which the store keeps what in Redis. All of one store share one hash tag, so that
// they live on one node of a Redis Cluster and one script may write them all.
//
//   commit               number of the last commit: what was read before it is no longer true after it
//   epoch, lineage       which store this is, and which server process wrote it last
//   writer:<id>          the last batch that a writer has committed        turn   whose turn it is
//   numbers    HASH      fence, task_seq, event, and the latest time that was seen
//   task:<id>  HASH      s submitted, m standing, l lease, a<n> attempts, c<id> confirmations,
//                        i inputs, r results, k it has children
//   chunk:<id>:<n>       a piece of a file or checkpoint
//   ready:<queue>:<needs>   ZSET by rank      needs:<queue>  HASH needs -> number of ready tasks
//   evictable:<queue>       ZSET last first   users:<queue>  HASH user -> number of waiting tasks
//   fair:<queue>            ZSET virtual time queues         HASH the queues
//   due, leases, attempts:due, queue:due, deadlines, ttl, confirm:due, keys:due, tombs
//                        ZSETs by the time at which something is to happen
//   node:<node>:leases, children:<id>, confirm:open, confirm:user:<user>     ZSETs of ids
//   all, by:status:…, by:queue:…, by:node:…, by:user:…    ZSETs of tasks by arrival
//   idem:<scope>:<key> HASH   an idempotency key      confirm:id:<id> HASH   whose question it is
//   ev:<channel> STREAM       its numbers -> numbers of evall
//   record:<table>:<key> HASH   a record          records:<table>:<index> ZSET   its indexes
//   evall STREAM              all events              evlong ZSET   channels by what they keep
import { Failure } from "#protocols/failure.ts";

export interface RedisStoreName {
  /** Distinguishes installations that share a Redis. Default: `troupe`. */
  readonly namespace?: string;
  /** Distinguishes stores of one installation. Default: `tasks`. */
  readonly group?: string;
}

const namePattern = /^[A-Za-z0-9_.-]{1,64}$/;

/** Before every key. Fails with `invalid` for names that would not stay apart. */
export function keyPrefix({ namespace = "troupe", group = "tasks" }: RedisStoreName): string {
  for (const name of [namespace, group]) {
    if (namePattern.test(name)) continue;
    const seen = `the name "${name.slice(0, 80)}" cannot stand in a key of Redis`;
    throw new Failure("invalid", `${seen}; use 1 to 64 letters, digits, dots, dashes`);
  }
  return `{${namespace}:${group}}:`;
}

/** Parts that users choose must not run into what follows them. */
const part = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll(":", "%3A").replaceAll(" ", "%20");

/** An idempotency key within its scope, as one word. */
export const keyMember = (scope: string, key: string): string => `${part(scope)}:${part(key)}`;

export type StoreKeys = ReturnType<typeof storeKeys>;

export const storeKeys = (prefix: string) =>
  ({
    commit: `${prefix}commit`,
    epoch: `${prefix}epoch`,
    lineage: `${prefix}lineage`,
    turn: `${prefix}turn`,
    writer: (id: string) => `${prefix}writer:${id}`,
    numbers: `${prefix}numbers`,
    queues: `${prefix}queues`,
    task: (taskId: string) => `${prefix}task:${part(taskId)}`,
    chunk: (id: string, index: number) => `${prefix}chunk:${id}:${index}`,
    ready: (queue: string, needs: string) => `${prefix}ready:${part(queue)}:${part(needs)}`,
    needs: (queue: string) => `${prefix}needs:${part(queue)}`,
    evictable: (queue: string) => `${prefix}evictable:${part(queue)}`,
    users: (queue: string) => `${prefix}users:${part(queue)}`,
    fair: (queue: string) => `${prefix}fair:${part(queue)}`,
    due: `${prefix}due`,
    leases: `${prefix}leases`,
    attemptsDue: `${prefix}attempts:due`,
    queueDue: `${prefix}queue:due`,
    deadlines: `${prefix}deadlines`,
    ttl: `${prefix}ttl`,
    confirmDue: `${prefix}confirm:due`,
    keysDue: `${prefix}keys:due`,
    tombs: `${prefix}tombs`,
    nodeLeases: (node: string) => `${prefix}node:${part(node)}:leases`,
    children: (taskId: string) => `${prefix}children:${part(taskId)}`,
    confirmOpen: `${prefix}confirm:open`,
    confirmUser: (userId: string) => `${prefix}confirm:user:${part(userId)}`,
    confirm: (callbackId: string) => `${prefix}confirm:id:${part(callbackId)}`,
    all: `${prefix}all`,
    by: (what: "status" | "queue" | "node" | "user", value: string) =>
      `${prefix}by:${what}:${part(value)}`,
    /** Of what `keysDue` has as its members. */
    idem: (member: string) => `${prefix}idem:${member}`,
    channel: (channel: string) => `${prefix}ev:${part(channel)}`,
    allEvents: `${prefix}evall`,
    longChannels: `${prefix}evlong`,
    record: (table: string, id: string) => `${prefix}record:${table}:${part(id)}`,
    recordIndex: (table: string, index: string) => `${prefix}records:${table}:${index}`,
  }) as const;
