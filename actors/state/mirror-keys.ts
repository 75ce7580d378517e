// Where the copy of the state stands in Redis. All keys have one hash tag, so that they live on one node
// of a Redis Cluster and are written together.
//
//   {troupe:<cluster>:state}:meta            how the copy stands: epoch, eventId, state, generation, …
//                           :task:<id>       HASH of a task's view      :tasks   ZSET of ids by generation
//                           :node:<name>     HASH of a node             :nodes   ZSET of names
//                           :queue:<name>    HASH of a queue            :queues  ZSET of names
//                           :counts          HASH of tasks by status
//   PUBLISH                 :event:<channel> one JSON of each event of the log
//   PUBLISH                 :resync          what was published before is to be read anew from the hashes
/** Of Redis, as it is read: word by field. */
export type Hash = ReadonlyMap<string, string>;
export type MirrorKind = "task" | "node" | "queue";

export interface MirrorKeys {
  readonly meta: string;
  readonly counts: string;
  readonly resync: string;
  of(kind: MirrorKind, id: string): string;
  /** All of a kind, by the generation in which they were written. */
  all(kind: MirrorKind): string;
  event(channel: string): string;
}

export function mirrorKeys(cluster: string): MirrorKeys {
  const prefix = `{troupe:${cluster}:state}`;
  return {
    meta: `${prefix}:meta`,
    counts: `${prefix}:counts`,
    resync: `${prefix}:resync`,
    of: (kind, id) => `${prefix}:${kind}:${id}`,
    all: (kind) => `${prefix}:${kind}s`,
    event: (channel) => `${prefix}:event:${channel}`,
  };
}
