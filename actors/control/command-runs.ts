// The life of commands in the channel: begun in the store, carried out, ended in the store.
//
//   issue ─► begin ─┬─ begun ────► carry out ─► finish ─► answer
//                   ├─ known ────► the answer of the first, or the end that it will have
//                   └─ conflict, full, no store ─► refused: nothing was begun (the store may know it, where
//                      the code is unknown_outcome: then it waits for its id to be issued again, or times out)
//
// The store decides whether an id is new, so that this holds over restarts of the channel, too.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlAnswer, ControlResponse } from "#protocols/tasks/control.ts";
import { isRepeatable } from "#protocols/tasks/control-commands.ts";
import type {
  ControlBegun,
  ControlNoted,
  ControlRecord,
} from "#protocols/tasks/control-records.ts";
import {
  answerOf,
  answerOfRecord,
  failedAnswer,
  firstEnd,
  refusedAnswer,
} from "./command-answer.ts";
import type { ControlCounts } from "./control-counts.ts";
import { LateEnds } from "./late-ends.ts";
import { nameOf, type PlannedCommand } from "./request-check.ts";

/** What a run needs of the store, of time, and of whoever carries commands out. */
export interface RunPorts {
  readonly counts: ControlCounts;
  begin(planned: PlannedCommand): Promise<ControlBegun>;
  note(commandId: string, step: "delivered" | "acknowledged"): Promise<ControlNoted>;
  finish(answer: ControlAnswer): Promise<ControlNoted>;
  carryOut(planned: PlannedCommand, progress: RunProgress): Promise<ControlResponse>;
  /** Of one that was sent and is not sent again: what it may have left half done. Never fails. */
  setRight(planned: PlannedCommand): Promise<void>;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** A command whose end could not be kept. */
  unkept(answer: ControlAnswer, failure: Failure): void;
}

/** What whoever carries a command out is told, and tells. */
export interface RunProgress {
  /** On the clock of `now`. */
  readonly deadlineMs: number;
  /** It was sent, once more. */
  delivered(): Promise<void>;
  /** It is about to take effect by the channel itself. Fails when it has ended: then it must not. */
  begins(): Promise<void>;
  /** Whoever carries it out has it. */
  acknowledged(): Promise<void>;
}

const finishPauseMs = 200;
const finishesMax = 3;

export class CommandRuns {
  readonly #ports: RunPorts;
  readonly #running = new Map<string, Promise<ControlAnswer>>();
  readonly #lateEnds: LateEnds;

  constructor(ports: RunPorts) {
    this.#ports = ports;
    this.#lateEnds = new LateEnds(ports);
  }

  isRunning(commandId: string): boolean {
    return this.#running.has(commandId);
  }

  /** Never fails: what goes wrong is in the answer. */
  async issue(planned: PlannedCommand): Promise<ControlAnswer> {
    if (this.#running.size >= controlLimits.runningMax) {
      this.#ports.counts.reached("control_running");
      return refusedAnswer(planned, tooMany(this.#running.size));
    }
    const { begin } = this.#ports;
    const startedMs = this.#ports.now();
    let begun: ControlBegun;
    try {
      begun = await begin(planned);
    } catch (cause) {
      return refusedAnswer(planned, Failure.of(cause));
    }
    switch (begun.kind) {
      case "begun":
        return this.#run(planned, startedMs);
      case "known":
        return this.#again(planned, begun.command);
      case "conflict":
        return refusedAnswer(planned, otherCommand(begun.command));
      case "full":
        return refusedAnswer(planned, tooMany(begun.limit));
      default:
        return begun satisfies never;
    }
  }

  /** A command that a former channel left open: carried out, or ended as of unknown outcome. */
  async resume(planned: PlannedCommand, record: ControlRecord): Promise<ControlAnswer> {
    const isUntouched = record.attempts === 0;
    const isHarmless = "builtin" in planned.kind && isRepeatable(planned.kind.builtin);
    if (isUntouched || isHarmless) return this.#run(planned, this.#ports.now());
    await this.#ports.setRight(planned);
    return this.#end(failedAnswer(planned, leftOpen(record)));
  }

  /** The issuer of the first may have its answer; nobody else learns what was asked. */
  async #again(planned: PlannedCommand, record: ControlRecord): Promise<ControlAnswer> {
    if (record.issuedBy !== planned.by) return refusedAnswer(planned, otherCommand(record));
    if (record.finishedAt !== null) return answerOfRecord(record);
    const { commandId } = planned;
    const known = this.#running.get(commandId) ?? this.#lateEnds.of(commandId);
    const ended = await (known ?? this.resume(planned, record));
    return { ...ended, isReplay: true };
  }

  #run(planned: PlannedCommand, startedMs: number): Promise<ControlAnswer> {
    const { commandId } = planned;
    const run = this.#carriedOut(planned, startedMs).then((answer) => this.#end(answer));
    this.#running.set(commandId, run);
    this.#ports.counts.stands("control_running", this.#running.size);
    void run.finally(() => {
      this.#running.delete(commandId);
      this.#ports.counts.stands("control_running", this.#running.size);
    });
    return run;
  }

  async #carriedOut(planned: PlannedCommand, startedMs: number): Promise<ControlAnswer> {
    const ports = this.#ports;
    const { commandId } = planned;
    let isWithSomebody = false;
    // What is done is done: whether it had ended before, `finish` hears, too.
    const acknowledged = async (): Promise<void> => {
      isWithSomebody = false;
      await ports.note(commandId, "acknowledged");
    };
    const delivered = async (): Promise<void> => {
      const noted = await ports.note(commandId, "delivered");
      if (noted.kind !== "noted") throw notSent(planned, noted);
      isWithSomebody = true;
    };
    const begins = async (): Promise<void> => {
      const noted = await ports.note(commandId, "acknowledged");
      if (noted.kind !== "noted") throw notSent(planned, noted);
      isWithSomebody = false;
    };
    try {
      const deadlineMs = startedMs + planned.timeoutMs;
      const progress = { deadlineMs, delivered, begins, acknowledged };
      return answerOf(planned, await ports.carryOut(planned, progress));
    } catch (cause) {
      const failure = Failure.of(cause);
      // A refusal is an answer; what may be tried again was perhaps never heard.
      if (isWithSomebody && !failure.isRetryable) await acknowledged().catch(() => undefined);
      return failedAnswer(planned, failure);
    }
  }

  /** The first end counts, so that whoever asks again hears the same. */
  #kept(answer: ControlAnswer, noted: ControlNoted): ControlAnswer {
    if (noted.kind === "not_found") this.#ports.unkept(answer, forgotten(answer));
    return noted.kind === "ended" ? firstEnd(answer, noted.status) : answer;
  }

  /** The answer is given also when its end cannot be kept yet: the store may still end it at its deadline. */
  async #end(answer: ControlAnswer): Promise<ControlAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.#kept(answer, await this.#ports.finish(answer));
      } catch (cause) {
        const failure = Failure.of(cause);
        if (attempt >= finishesMax || !failure.isRetryable) {
          this.#ports.unkept(answer, failure);
          if (failure.isRetryable) this.#lateEnds.add(answer);
          return answer;
        }
        if (!(await this.#paused())) return answer;
      }
    }
  }

  /** False when the channel has ended meanwhile: nothing is kept by it any more, and nobody hears of it. */
  async #paused(): Promise<boolean> {
    try {
      await this.#ports.sleep(finishPauseMs);
      return true;
    } catch {
      return false;
    }
  }
}

const tooMany = (limit: number): Failure =>
  new Failure(
    "unavailable",
    `${limit} commands are in progress, the most there may be; try again soon`,
  );

const otherCommand = ({ commandId }: ControlRecord): Failure =>
  new Failure("conflict", `${commandId} is the id of another command; choose a new one`);

/** Others have ended it, or its time was over, before it was sent or took effect. */
function notSent(planned: PlannedCommand, noted: Exclude<ControlNoted, { kind: "noted" }>) {
  const command = nameOf(planned);
  return noted.kind === "ended"
    ? new Failure("cancelled", `${command} was ${noted.status} before it was begun; issue it anew`)
    : new Failure("not_found", `nothing is kept of ${command} any more; issue it with a new id`);
}

const forgotten = ({ command }: ControlAnswer): Failure =>
  new Failure("not_found", `${command} is not in the history any more`);

const leftOpen = ({ command, attempts }: ControlRecord): Failure =>
  new Failure(
    "unknown_outcome",
    `the control channel began anew after ${command} was sent ${attempts} times, so that nobody knows ` +
      "whether it was done; look at what it was to change, then issue it with a new id",
  );
