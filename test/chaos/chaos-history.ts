// What the store remembers of each task after the run: its transitions in order, and what it ended with.
import type { StoreBackend } from "#actors/store/backend.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";

/** The registry no longer counts on that node. */
export interface Suspicion {
  readonly node: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

export interface TaskHistory {
  readonly taskId: string;
  readonly events: readonly TaskTransition[];
  readonly status: string | undefined;
  readonly code: string | undefined;
  /** Of the result that stands in the store. */
  readonly result: { readonly fence: number; readonly node: string } | undefined;
}

export interface TaskTransition {
  readonly type: string;
  readonly attempt: number;
  /** Of `running`. */
  readonly node: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
}

const readTogether = 64;
const eventsTogether = 1_000;

export async function readHistories(
  backend: StoreBackend,
  taskIds: readonly string[],
): Promise<readonly TaskHistory[]> {
  const histories: TaskHistory[] = [];
  for (let first = 0; first < taskIds.length; first += readTogether) {
    const some = taskIds.slice(first, first + readTogether);
    histories.push(...(await Promise.all(some.map((taskId) => readHistory(backend, taskId)))));
  }
  return histories;
}

/** When the registry wrote of a node that it is suspect, or offline, in order for each node. */
export async function readSuspicions(
  backend: StoreBackend,
  nodes: readonly string[],
): Promise<readonly Suspicion[]> {
  const suspicions: Suspicion[] = [];
  for (const node of nodes) {
    let afterSeq = 0;
    for (;;) {
      const request = { channel: channelOf.node(node), afterSeq, limit: eventsTogether };
      const { events } = await backend.call({ method: "readEvents", args: [request] });
      for (const { at, seq, type } of events) {
        if (type === "suspect" || type === "offline") suspicions.push({ node, at });
        afterSeq = seq;
      }
      if (events.length < eventsTogether) break;
    }
  }
  return suspicions;
}

async function readHistory(backend: StoreBackend, taskId: string): Promise<TaskHistory> {
  const channel = channelOf.task(taskId);
  const request = { channel, afterSeq: 0, limit: eventsTogether };
  const [page, outcome] = await Promise.all([
    backend.call({ method: "readEvents", args: [request] }),
    backend.call({ method: "outcome", args: [taskId] }),
  ]);
  const events = page.events.map(
    ({ at, payload: { attempt, node }, type }): TaskTransition => ({
      ...{ type, at, attempt: Number(attempt) },
      node: typeof node === "string" ? node : undefined,
    }),
  );
  if (outcome === null) {
    return { taskId, events, status: undefined, code: undefined, result: undefined };
  }
  const { status } = outcome;
  if (outcome.status !== "completed") {
    return { taskId, events, status, code: outcome.code, result: undefined };
  }
  const bytes = outcome.result.files[0]?.bytes ?? new Uint8Array();
  const { fence, node }: { readonly fence: number; readonly node: string } = JSON.parse(
    Buffer.from(bytes).toString(),
  );
  return { taskId, events, status, code: undefined, result: { fence, node } };
}
