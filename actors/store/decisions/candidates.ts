// Which tasks a claim looks at, in the order in which the worker should have them: by rank, those that
// it suits best a little ahead, those that can run together side by side, and none that a rate holds back.
import { storeLimits } from "#protocols/store-limits.ts";
import type { ClaimRequest } from "#protocols/tasks/claim-request.ts";
import { queueDefault } from "#protocols/tasks/task.ts";
import type { WorkKind } from "../ready-lanes.ts";
import type { QueueRecord } from "../records.ts";
import type { ReadyEntry } from "../shelf.ts";
import type { StoreContext } from "../store-context.ts";
import { lookahead, preferred, prefersSome } from "./affinity.ts";
import { batched, type Lanes } from "./batching.ts";
import type { ClaimPace } from "./claim-pace.ts";
import type { Elsewhere } from "./left-to-others.ts";
import { queueOf } from "./queue-settings.ts";
import { byRank, firstOfKind, firstServed, type Look, servedKinds } from "./ready-order.ts";
import type { WishedTasks } from "./wished-tasks.ts";
import type { WorkerGifts } from "./worker-gifts.ts";

export interface Search {
  readonly request: ClaimRequest;
  readonly gifts: WorkerGifts;
  readonly queues: readonly QueueRecord[];
  readonly pace: ClaimPace;
  /** Tasks that this claim has met and left to other nodes. */
  readonly passed: Set<string>;
  readonly elsewhere: Elsewhere;
  readonly wished: WishedTasks;
}

/** Those that have something to give. */
export function openQueues(
  context: StoreContext,
  { queues = [queueDefault] }: ClaimRequest,
): readonly QueueRecord[] {
  return [...new Set(queues)]
    .map((queue) => queueOf(context, queue))
    .filter(({ isPaused, pending }) => !isPaused && pending > 0);
}

/** At most `max`. */
export function firstInRank(
  context: StoreContext,
  { request, gifts, queues, pace, passed }: Search,
  max: number,
): readonly ReadyEntry[] {
  const isChoosy = prefersSome(request);
  const { batchMax = 1 } = request;
  const seen = isChoosy || batchMax > 1 ? max * lookahead : max;
  const lanes: Lanes | undefined = batchMax > 1 ? new Map() : undefined;
  const isOpen = ({ taskId }: ReadyEntry): boolean => !passed.has(taskId);
  const sources = queues.flatMap(({ queue }) => {
    const left = pace.freeOf(queue);
    if (left <= 0) return [];
    const lookFor = (wanted: number): Look => ({
      ...{ queue, max: wanted + passed.size },
      met: lanes && ((needs, entries) => noteLanes(lanes, { queue, needs }, entries)),
    });
    const found = pace.hasUserRate(queue)
      ? freeOfUsers(context, { gifts, isOpen, lookFor, pace, queue }, seen)
      : firstServed(context.shelf, gifts, lookFor(seen)).filter(isOpen);
    return [found.slice(0, left)];
  });
  const [only] = sources;
  const first = sources.length === 1 && only ? only : sources.flat().sort(byRank);
  const open = first.slice(0, seen);
  const wished = isChoosy ? preferred(context, { tags: request.tags ?? [], gifts }, open) : open;
  if (lanes === undefined) return wished.slice(0, max);
  return batched(context, wished, lanes, batchMax).slice(0, max);
}

function noteLanes(
  lanes: Lanes,
  lane: { readonly queue: string; readonly needs: string },
  entries: readonly ReadyEntry[],
): void {
  for (const { taskId } of entries) lanes.set(taskId, lane);
}

interface UserSearch {
  readonly queue: string;
  readonly gifts: WorkerGifts;
  readonly pace: ClaimPace;
  readonly isOpen: (entry: ReadyEntry) => boolean;
  readonly lookFor: (wanted: number) => Look;
}

/** Of the first of each kind; further on where those are of users that may have no more. */
function freeOfUsers(
  context: StoreContext,
  { gifts, isOpen, lookFor, pace, queue }: UserSearch,
  max: number,
): readonly ReadyEntry[] {
  const { shelf } = context;
  const { claimLookaheadMax: least, claimLookaheadHeldMax: most } = storeLimits;
  const kinds = servedKinds(shelf, queue, gifts);
  const look = (each: number): ReadyEntry[][] =>
    kinds.map((kind) => firstOfKind(shelf, kind, lookFor(each)).filter(isOpen));
  const found = look(least);
  const free = freeIn(context, found.flat().sort(byRank), pace, max);
  if (free.length > 0 || found.every(({ length }) => length < least)) return free;
  return freeIn(context, look(most).flat().sort(byRank), pace, max);
}

/** Those whose users may have one more, the ones before them counted. */
function freeIn(
  { shelf }: StoreContext,
  entries: readonly ReadyEntry[],
  pace: ClaimPace,
  max: number,
): readonly ReadyEntry[] {
  const left = new Map<string | null, number>();
  const free: ReadyEntry[] = [];
  for (const entry of entries) {
    if (free.length >= max) break;
    // A damaged task shows itself when it is claimed.
    const task = shelf.salvage(entry.taskId);
    if (task === undefined) continue;
    const most = left.get(task.userId) ?? pace.freeOfUser(task);
    left.set(task.userId, most - 1);
    if (most > 0) free.push(entry);
  }
  return free;
}

/** See `TaskStore.claimDelay`. */
export function claimDelay(context: StoreContext, search: Search): number | null {
  const { request, gifts, queues } = search;
  let leastMs = Infinity;
  for (const { queue } of queues) {
    if (request.rates?.[queue] === undefined) continue;
    for (const kind of servedKinds(context.shelf, queue, gifts)) {
      leastMs = Math.min(leastMs, delayOfKind(context, search, { queue, kind }));
    }
  }
  return leastMs === Infinity ? null : leastMs;
}

/** Where users have no rate, the first that is not left to others tells of all behind it. */
function delayOfKind(
  { shelf }: StoreContext,
  { pace, elsewhere, wished }: Search,
  { queue, kind }: { readonly queue: string; readonly kind: WorkKind },
): number {
  const isEqual = !pace.hasUserRate(queue);
  const { claimLookaheadMax } = storeLimits;
  let leastMs = Infinity;
  let seen = 0;
  for (const max of isEqual ? [1, claimLookaheadMax] : [claimLookaheadMax]) {
    for (const { taskId } of firstOfKind(shelf, kind, { queue, max }).slice(seen)) {
      const task = shelf.salvage(taskId);
      if (task === undefined) continue;
      const leftMs = elsewhere.waitMs(task) || wished.waitMs(task);
      leastMs = Math.min(leastMs, Math.max(pace.waitMs(task), leftMs));
      if (isEqual && leftMs === 0) return leastMs;
    }
    seen = max;
  }
  return leastMs;
}
