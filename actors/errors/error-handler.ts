// The ErrorHandler: reads every failed attempt from the store's channel `errors`, behind the tasks' backs,
// groups what is alike, and tells operators when a group grows, a task is poison or a queue's budget of
// retries is spent. What it has counted is kept with the number of the last event, so that nothing is
// counted twice; what it could not read in time is counted as missed.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { AlertRecord } from "#protocols/tasks/alert-records.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { ErrorGroup, KeptErrors, PoisonTask } from "#protocols/tasks/error-records.ts";
import {
  type ErrorAcknowledged,
  ErrorHandler,
  type ErrorQuery,
  type ErrorReport,
  errorHandlerName,
} from "#protocols/tasks/errors.ts";
import { poisonCode } from "#protocols/tasks/failure-strategy.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import { channelOf, type EventPage } from "#protocols/tasks/task-events.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { Retelling } from "#runtime/patterns/retelling.ts";
import { type ErrorAlarm, ErrorAlarms } from "./error-alarms.ts";
import { putErrorRules, tellAlarm } from "./error-bells.ts";
import type { ErrorCounts } from "./error-counts.ts";
import { ErrorGroups } from "./error-groups.ts";
import { reportOf } from "./error-report.ts";
import { type FailedAttempt, failedAttemptIn } from "./failed-attempt.ts";
import { retryReceipt } from "./retry-receipt.ts";

export interface ErrorHandlerArguments {
  readonly counts: ErrorCounts;
}

interface Begun {
  readonly store: Ref<Store>;
  readonly kept: KeptErrors;
  readonly open: readonly AlertRecord[];
}

interface Own {
  begin(): void;
  begun(begun: Begun): void;
  notBegun(failure: FailureData): void;
  look(): void;
  read(page: EventPage): void;
  kept(): void;
  troubled(failure: FailureData): void;
}

interface Running {
  readonly store: Ref<Store>;
  readonly groups: ErrorGroups;
  readonly alarms: ErrorAlarms;
}

const lookEveryMs = 1_000;
const retryMs = 2_000;
/** Events of one look; where there are more, the next comes at once. */
const eventsReadMax = 500;

export class ErrorHandlerActor
  extends Actor<ErrorHandler, ErrorHandlerArguments, Own>
  implements Handlers<ErrorHandler & Own>
{
  static readonly protocol = ErrorHandler;
  static initial = (args: ErrorHandlerArguments): ErrorHandlerArguments => args;

  /** By queue: when a retry last had to wait longer for the budget. */
  readonly #spentAt = new Map<string, number>();
  /** What the store did not take is told again with the next look. */
  readonly #untold = new Retelling<ErrorAlarm>(storeLimits.errorGroupsMax);
  #running: Running | undefined;
  /** The store has more events than one look shows. */
  #isBehind = false;

  override async start(): Promise<void> {
    this.begin();
    await this.ctx.register(errorHandlerName);
  }

  // ---- asks

  errors(query: ErrorQuery): Deferred<ErrorReport> {
    const { store, groups } = this.#present();
    const spentAt = this.#spentAt;
    return this.ctx.defer(
      store
        .queues()
        .then((queues: readonly QueueView[]) => reportOf({ groups, queues, spentAt }, query)),
    );
  }

  group(fingerprint: string): ErrorGroup | null {
    return this.#present().groups.get(fingerprint) ?? null;
  }

  acknowledge({
    fingerprint,
    by,
  }: {
    readonly fingerprint: string;
    readonly by: string;
  }): Deferred<ErrorAcknowledged> | ErrorAcknowledged {
    const running = this.#present();
    const answer = running.groups.acknowledge(fingerprint, by, this.ctx.wall());
    if (answer.kind !== "acknowledged") return answer;
    this.#tell(running, running.alarms.acknowledged(fingerprint, by));
    return this.ctx.defer(this.#keep(running).then(() => answer));
  }

  poison(limit: number): readonly PoisonTask[] {
    return this.#present().groups.poison.slice(0, limit);
  }

  retry({ taskId, by }: { readonly taskId: string; readonly by: string }): Deferred<SubmitReceipt> {
    const retried = this.#present().store.retryTask(taskId);
    return this.ctx.defer(
      retried.then((answer) => {
        const receipt = retryReceipt(taskId, answer);
        this.ctx.log("info", `${by} has ${taskId} tried again as ${receipt.taskId}`);
        return receipt;
      }),
    );
  }

  // ---- reading on

  begin(): void {
    this.ctx.pipe(this.#read(), "begun", "notBegun");
  }

  begun({ store, kept, open }: Begun): void {
    const groups = this.#running?.groups ?? new ErrorGroups(kept);
    const alarms = this.#running?.alarms ?? new ErrorAlarms();
    if (!this.#running) alarms.wereOpen(open, kept);
    this.#running = { store, groups, alarms };
    this.look();
  }

  notBegun({ code, detail }: FailureData): void {
    this.ctx.log("info", `errors are not read yet: ${detail}`, { code });
    this.ctx.after(retryMs, "begin");
  }

  look(): void {
    const { store, groups } = this.#present();
    const from = { channel: channelOf.errors, afterSeq: groups.seq, limit: eventsReadMax };
    this.ctx.pipe(store.readEvents(from), "read", "troubled");
  }

  read({ events, head }: EventPage): void {
    const running = this.#present();
    const { groups, alarms } = running;
    const before = groups.seq;
    this.#isBehind = events.length === eventsReadMax;
    // A store that was made anew counts from 1 again.
    if (head < groups.seq) groups.readUpTo(0, 0);
    for (const event of events) {
      groups.readUpTo(event.seq, event.seq - groups.seq - 1);
      const attempt = failedAttemptIn(event);
      if (attempt) this.#note(running, attempt);
    }
    // Events that were forgotten since the channel's last one was written.
    if (events.length === 0 && head > groups.seq) groups.readUpTo(head, head - groups.seq);
    this.#tell(running, [...this.#untold.due(), ...alarms.due(this.ctx.wall())]);
    this.#count(groups);
    if (groups.seq !== before) this.ctx.pipe(this.#keep(running), "kept", "troubled");
    else this.ctx.after(lookEveryMs, "look");
  }

  kept(): void {
    if (this.#isBehind) this.look();
    else this.ctx.after(lookEveryMs, "look");
  }

  /** Also the store may be another by now. */
  troubled({ code, detail }: FailureData): void {
    this.ctx.log("warn", `errors are read later: ${detail}`, { code });
    this.ctx.after(retryMs, "begin");
  }

  #note(running: Running, attempt: FailedAttempt): void {
    const { counts } = this.state;
    const { groups, alarms } = running;
    counts.failed(attempt.class);
    if (attempt.code === poisonCode) counts.poisoned();
    if (attempt.isOverBudget) {
      counts.overBudget(attempt.queue);
      this.#noteSpent(attempt.queue, attempt.at);
    }
    this.#tell(running, alarms.noted(groups.note(attempt), attempt));
  }

  /** As many queues as a store may have. */
  #noteSpent(queue: string, at: number): void {
    if (!this.#spentAt.has(queue) && this.#spentAt.size >= storeLimits.queuesMax) return;
    this.#spentAt.set(queue, at);
  }

  #tell({ store }: Running, alarms: readonly ErrorAlarm[]): void {
    for (const alarm of alarms) {
      const about = `${alarm.ruleId} ${alarm.subject}`;
      // That a cause goes on takes the place of nothing that is still to be told.
      if (!alarm.isSame) this.#untold.telling(about, alarm);
      tellAlarm({ store, ctx: this.ctx }, alarm).then(
        () => this.#untold.taken(about, alarm),
        () => this.#untold.lost(about, alarm),
      );
    }
  }

  #count({ size, forgottenTotal, missed, poison }: ErrorGroups): void {
    const levels = { groups: size, forgotten: forgottenTotal, missed, poison: poison.length };
    this.state.counts.stands(levels);
  }

  async #keep({ store, groups }: Running): Promise<void> {
    const notes = groups.changes();
    const answer = await store.keepErrors(notes);
    if (answer.kind === "saved") groups.kept(notes);
    else {
      const text = `the store keeps ${answer.limit} groups of errors already, and has no room for these`;
      this.ctx.log("error", text, { code: "store_failed" });
    }
  }

  async #read(): Promise<Begun> {
    const store = await this.ctx.lookup(Store, "store");
    await putErrorRules(store);
    const [kept, open] = await Promise.all([
      store.keptErrors(),
      store.openAlerts(storeLimits.recordPageMax),
    ]);
    return { store, kept, open };
  }

  #present(): Running {
    if (this.#running) return this.#running;
    throw reply(new Failure("unavailable", "the errors have not been read yet; ask again soon"));
  }
}
