// What a command will probably read, so that it is fetched in one round trip with the rest. A wrong
// hint costs a little, a missing one a further round trip; neither changes what is decided.

import { Failure } from "#protocols/failure.ts";
import type { ErrorRecords } from "#protocols/tasks/error-records.ts";
import type { MetricPoint } from "#protocols/tasks/metric-records.ts";
import { queueDefault } from "#protocols/tasks/task.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { StoreCommand } from "../backend.ts";
import { flowsOf, type Named } from "../decisions/fair-turns.ts";
import { errorGroupTable, poisonTable } from "../records/error-book.ts";
import { metricKeysOf, metricRawTable, metricRollupTable } from "../records/metric-book.ts";
import { wholeOrDamage } from "../whole-or-damage.ts";
import type { Keyspace } from "./keyspace.ts";
import type { RedisRecords } from "./redis-records.ts";
import type { RedisShelf } from "./redis-shelf.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";

export interface HintParts {
  readonly keyspace: Keyspace;
  readonly keys: StoreKeys;
  readonly shelf: RedisShelf;
  readonly records: RedisRecords;
}

export function anticipate(parts: HintParts, command: StoreCommand): void {
  const { keyspace, keys, shelf } = parts;
  const channel = (name: string): void =>
    keyspace.expect({ kind: "stream", key: keys.channel(name) });
  switch (command.method) {
    case "submit": {
      const [submission] = command.args;
      const { routedTo = queueDefault, queue = routedTo, parentId, userId } = submission;
      channel(channelOf.queue(queue));
      anticipateTurn(parts, queue, submission);
      if (userId !== undefined) channel(channelOf.user(userId));
      if (parentId !== undefined) shelf.anticipate([parentId]);
      break;
    }
    case "claimDelay":
      for (const queue of command.args[0].queues ?? [queueDefault]) anticipateReady(parts, queue);
      break;
    case "claim": {
      const [{ queues = [queueDefault] }] = command.args;
      for (const queue of queues) {
        channel(channelOf.queue(queue));
        anticipateReady(parts, queue);
      }
      break;
    }
    case "heartbeat":
      shelf.anticipate(command.args[0].leases.map(({ taskId }) => taskId));
      break;
    case "fail":
      channel(channelOf.errors);
      shelf.anticipate([command.args[0].lease.taskId]);
      break;
    case "progress":
    case "complete":
    case "confirmRequest":
      shelf.anticipate([command.args[0].lease.taskId]);
      break;
    case "release":
    case "cancel":
    case "amendTask":
      shelf.anticipate([command.args[0].taskId]);
      break;
    case "sweep":
      shelf.anticipateSweep(command.args[0]);
      break;
    case "outcome":
    case "view":
      keyspace.expect({ kind: "hash", key: keys.task(command.args[0]) });
      break;
    case "result":
      keyspace.expect({ kind: "hash", key: keys.task(command.args[0].taskId) });
      break;
    case "recordMetrics":
      for (const point of command.args[0]) anticipatePoint(parts, point);
      break;
    case "keepErrors":
      anticipateErrors(parts, command.args[0]);
      break;
    case "readEvents":
      channel(command.args[0].channel);
      break;
    default:
  }
}

function anticipatePoint({ records }: HintParts, point: MetricPoint): void {
  const { raw, rollups } = metricKeysOf(point);
  records.anticipate(metricRawTable, raw);
  for (const key of rollups) records.anticipate(metricRollupTable, key);
}

function anticipateErrors(
  { records }: HintParts,
  { forgotten, groups, poison }: Parameters<ErrorRecords["keepErrors"]>[0],
): void {
  const named = [...forgotten, ...groups.map(({ fingerprint }) => fingerprint)];
  for (const fingerprint of named) records.anticipate(errorGroupTable, [fingerprint]);
  for (const { taskId } of poison) records.anticipate(poisonTable, [taskId]);
}

/** In a fair queue, where the flows of the task are. */
function anticipateTurn({ keyspace, keys, shelf }: HintParts, queue: string, of: Named): void {
  if (!keyspace.isKnown(keys.queues)) return;
  const record = wholeOrDamage(() => shelf.queue(queue));
  if (record === undefined || record instanceof Failure || record.fairMs === 0) return;
  const { user, key } = flowsOf(of);
  for (const name of key === undefined ? [user] : [user, key]) {
    keyspace.expect({ kind: "score", key: keys.fair(queue), name });
  }
}

/** The needs have to be known before the tasks that have them can be asked for. */
function anticipateReady({ keyspace, keys }: HintParts, queue: string): void {
  const key = keys.needs(queue);
  keyspace.expect({ kind: "hash", key });
  if (!keyspace.isKnown(key)) return;
  for (const needs of keyspace.hash(key).keys()) {
    const count = redisStoreLimits.windowFetchMin;
    keyspace.expect({ kind: "window", key: keys.ready(queue, needs), count });
  }
}
