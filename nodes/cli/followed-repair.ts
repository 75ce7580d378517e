// One task whose picture somebody waits for at a terminal: how far it is stands on a line meanwhile, and who
// goes away, by Ctrl-C say, cancels it.
//
//   submit ──► taken ──► wait ──► repaired
//     │ Ctrl-C   │ Ctrl-C  ▲ │ not ended: told
//     │          ▼         └─┘
//     └─(taken)─► cancel ──► 130
import { performance } from "node:perf_hooks";
import { Failure } from "#protocols/failure.ts";
import { isFailureCode } from "#protocols/failure-codes.ts";
import { pause } from "#runtime/host/pause.ts";
import { OfferedModels } from "./batch/offered-models.ts";
import type { CommandPlace } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import type { GatewayClient, Repaired } from "./gateway-client.ts";
import { Interruption } from "./interruption.ts";
import { patiently } from "./patience.ts";
import { ProgressLine } from "./progress-line.ts";
import { progressOf } from "./task-waiting.ts";

export interface FollowedTask {
  readonly client: Pick<GatewayClient, "status" | "repairedBy" | "cancel">;
  /** Resolves with the task's id. */
  readonly submit: () => Promise<string>;
  /** That it needs. */
  readonly models: readonly string[];
}

/** Seconds until what is told of it is told again. */
const rewriteSeconds = 1;
const plainSeconds = 10;

/**
 * The picture, or undefined when a signal ended the waiting: then the exit code is told, too. Fails as the
 * task did and as the gateway refuses it, with `unavailable` when the cluster has not answered for five
 * minutes or nobody has offered a model for one. A task that is given up is cancelled.
 */
export async function followedRepair(
  task: FollowedTask,
  { io, exitWith }: CommandPlace,
): Promise<Repaired | undefined> {
  const interruption = new Interruption();
  const line = new ProgressLine(io);
  try {
    const startedMs = performance.now();
    line.show("sending it");
    // Not broken off: only who has its id can cancel it.
    const taskId = await task.submit();
    line.show(`taken as task ${taskId}`);
    const picture = await repaired(taskId, task, { io, line, signal: interruption.signal });
    if (picture !== undefined) return sinceThen(picture, startedMs);
    const { exitCode } = interruption;
    if (exitCode !== undefined) exitWith(exitCode);
    return undefined;
  } finally {
    interruption.over();
    line.show("");
  }
}

/** With the time of the whole, not of the last question. */
function sinceThen(picture: Repaired, startedMs: number): Repaired {
  const totalMs = Math.round(performance.now() - startedMs);
  return { ...picture, figures: { ...picture.figures, totalMs } };
}

interface Follower {
  readonly io: CommandIo;
  readonly line: ProgressLine;
  readonly signal: AbortSignal;
}

async function repaired(
  taskId: string,
  task: FollowedTask,
  follower: Follower,
): Promise<Repaired | undefined> {
  const ending = await endingOf(taskId, task, follower).catch(async (cause: unknown) => {
    const told = await cancelled(taskId, task);
    if (!follower.signal.aborted) throw cause;
    follower.line.show("");
    follower.line.print(told);
    return undefined;
  });
  if (ending?.kind !== "failed") return ending?.repaired;
  const { code, detail } = ending;
  throw new Failure(isFailureCode(code) ? code : "unavailable", detail);
}

/** Rejects when it is not to be waited for any more. */
async function endingOf(taskId: string, { client, models }: FollowedTask, follower: Follower) {
  const { io, line, signal } = follower;
  const now = (): number => performance.now();
  const offered = new OfferedModels(client, models, now);
  let isTroubled = false;
  const troubled = (failure: Failure | null): void => {
    // Once until it is over: it is asked again every few seconds.
    if (failure !== null && !isTroubled) {
      line.print(`waiting for the cluster: ${failure.detail}`);
    }
    isTroubled = failure !== null;
  };
  const ports = { signal, troubled, now, pause: (ms: number) => pause(ms, signal) };
  const waitSeconds = io.isTerminal ? rewriteSeconds : plainSeconds;
  for (;;) {
    const ending = await patiently(ports, () => client.repairedBy(taskId, waitSeconds, signal));
    if (ending.kind !== "pending") return ending;
    const progress = progressOf(ending.task) ?? `task ${taskId} has not ended`;
    if (io.isTerminal) line.show(progress);
    else line.print(progress);
    await offered.confirm();
  }
}

/** What became of it, in words. */
async function cancelled(taskId: string, { client }: FollowedTask): Promise<string> {
  try {
    const end = await client.cancel(taskId, "nobody waits for it any more");
    if (end === "cancelled") return `task ${taskId} is cancelled`;
    if (end === "ended") return `task ${taskId} had ended already`;
    return `task ${taskId} is cancelled: its worker was asked to stop`;
  } catch (cause) {
    return `task ${taskId} could not be cancelled: ${Failure.of(cause).detail}`;
  }
}
