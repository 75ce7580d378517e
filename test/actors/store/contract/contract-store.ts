// A store as the promises see it: one typed call for each method, each answer written down.
import assert from "node:assert/strict";
import type { StoreBackend } from "#actors/store/backend.ts";
import type { ClaimRates } from "#protocols/tasks/claim-request.ts";
import type {
  ConfirmationAnswer,
  ConfirmationPlace,
  ConfirmationRequest,
} from "#protocols/tasks/confirmation.ts";
import type { NodeBeat, NodeIntroduction, SkillTerms } from "#protocols/tasks/node-records.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type {
  ClaimRequest,
  Heartbeat,
  ProgressReport,
  QueueSettings,
  SweepReport,
  TaskFailure,
} from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskLease, TaskResult, TaskSubmission } from "#protocols/tasks/task.ts";
import type { NewEvent } from "#protocols/tasks/task-events.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import type { CutRequest, TaskChange } from "#protocols/tasks/task-records.ts";
import type { TaskStatus } from "#protocols/tasks/task-states.ts";
import type { Acknowledgement, LogEntry } from "./acknowledged.ts";
import type { OpenedStore } from "./opened-store.ts";
import { emptyResult, failureOf, refOf, someTask } from "./task-samples.ts";

const sweepThingsMax = 500;

export class ContractStore {
  readonly #opened: OpenedStore;
  readonly #log: LogEntry[] = [];
  #backend: StoreBackend;

  constructor(opened: OpenedStore) {
    this.#opened = opened;
    this.#backend = opened.backend;
  }

  get log(): readonly LogEntry[] {
    return this.#log;
  }
  get info() {
    return this.#backend.info;
  }
  /** By the store's clock. */
  nowMs(): Promise<number> {
    return this.#opened.nowMs();
  }
  pass(ms: number): Promise<void> {
    return this.#opened.pass(ms);
  }
  /** Closes the store and opens it again; a store that forgets goes on as it is. */
  async reopen(): Promise<void> {
    this.#backend = await this.#opened.reopen();
  }

  // ---- the protocol
  async submit(submission: TaskSubmission) {
    const atMs = await this.nowMs();
    return this.#noted(this.#backend.call({ method: "submit", args: [submission] }), (result) => [
      { kind: "submit", submission, result, atMs },
    ]);
  }
  claim(request: ClaimRequest) {
    return this.#noted(this.#backend.call({ method: "claim", args: [request] }), (leases) => [
      { kind: "claim", request, leases },
    ]);
  }
  heartbeat(beat: Heartbeat) {
    return this.#backend.call({ method: "heartbeat", args: [beat] });
  }
  amend(change: TaskChange) {
    return this.#backend.call({ method: "amendTask", args: [change] });
  }
  cut(request: Partial<CutRequest>) {
    const whole = { afterEventId: 0, taskIds: [], page: null, also: [], ...request };
    return this.#backend.call({ method: "cut", args: [whole] });
  }
  wholeTask(taskId: string) {
    return this.#backend.call({ method: "wholeTask", args: [taskId] });
  }
  putSkill(terms: SkillTerms) {
    return this.#backend.call({ method: "putSkill", args: [terms] });
  }

  registerNode(introduction: NodeIntroduction) {
    return this.#backend.call({ method: "registerNode", args: [introduction] });
  }
  beatNode(beat: NodeBeat) {
    return this.#backend.call({ method: "beatNode", args: [beat] });
  }
  progress(report: ProgressReport) {
    return this.#backend.call({ method: "progress", args: [report] });
  }
  complete(lease: LeaseRef, result: TaskResult = emptyResult, reached?: Reached) {
    const report = { lease: refOf(lease), result, ...(reached && { reached }) };
    return this.#noted(this.#backend.call({ method: "complete", args: [report] }), (answer) => [
      { kind: "complete", lease, result: answer },
    ]);
  }
  fail(lease: LeaseRef, failure: Partial<TaskFailure> = {}, reached?: Reached) {
    const told = { lease: refOf(lease), failure: failureOf(failure) };
    const report = { ...told, ...(reached && { reached }) };
    return this.#noted(this.#backend.call({ method: "fail", args: [report] }), (result) => [
      { kind: "fail", lease, result },
    ]);
  }
  claimDelay(request: ClaimRequest) {
    return this.#backend.call({ method: "claimDelay", args: [request] });
  }
  release(lease: LeaseRef, rates: ClaimRates = {}) {
    return this.#backend.call({ method: "release", args: [{ ...refOf(lease), rates }] });
  }
  recall(node: string, except: readonly LeaseRef[] = [], rates: ClaimRates = {}) {
    const request = { node, except: except.map(refOf), rates };
    return this.#backend.call({ method: "recall", args: [request] });
  }
  releaseNode(node: string, except: readonly LeaseRef[] = []) {
    return this.#backend.call({
      method: "releaseNode",
      args: [{ node, except: except.map(refOf) }],
    });
  }
  cancel(taskId: string, reason = "not needed any more") {
    return this.#noted(
      this.#backend.call({ method: "cancel", args: [{ taskId, reason }] }),
      (result) => [{ kind: "cancel", taskId, result }],
    );
  }
  /** `submission`: as the task was submitted. */
  async retryTask(taskId: string, submission: TaskSubmission) {
    const atMs = await this.nowMs();
    return this.#noted(
      this.#backend.call({ method: "retryTask", args: [taskId] }),
      (result): Acknowledgement[] =>
        result.kind === "created" ? [{ kind: "submit", submission, result, atMs }] : [],
    );
  }
  confirmRequest(request: ConfirmationRequest) {
    return this.#backend.call({ method: "confirmRequest", args: [request] });
  }
  confirmAnswer(answer: ConfirmationAnswer) {
    return this.#backend.call({ method: "confirmAnswer", args: [answer] });
  }
  confirmations(userId: string | null, limit = 1_000, after?: ConfirmationPlace) {
    const query = { userId, limit, ...(after && { after }) };
    return this.#backend.call({ method: "confirmations", args: [query] });
  }
  sweep(limit = sweepThingsMax): Promise<SweepReport> {
    return this.#backend.call({ method: "sweep", args: [limit] });
  }
  view(taskId: string) {
    return this.#noted(this.#backend.call({ method: "view", args: [taskId] }), (view) =>
      view === null ? [] : [{ kind: "view", view }],
    );
  }
  list(query: TaskQuery) {
    return this.#backend.call({ method: "list", args: [query] });
  }
  outcome(taskId: string) {
    return this.#backend.call({ method: "outcome", args: [taskId] });
  }
  result(taskId: string, position = 0, range: { from?: number; to?: number } = {}) {
    return this.#backend.call({ method: "result", args: [{ taskId, position, ...range }] });
  }
  counts(queue?: string) {
    return this.#backend.call({ method: "counts", args: queue === undefined ? [] : [queue] });
  }
  statistics() {
    return this.#backend.call({ method: "statistics", args: [] });
  }
  setQueue(settings: QueueSettings) {
    return this.#noted(this.#backend.call({ method: "setQueue", args: [settings] }), (view) => [
      { kind: "queue", view },
    ]);
  }
  queues() {
    return this.#backend.call({ method: "queues", args: [] });
  }
  waitingKinds() {
    return this.#backend.call({ method: "waitingKinds", args: [] });
  }
  appendEvents(events: readonly NewEvent[]) {
    return this.#backend.call({ method: "appendEvents", args: [events] });
  }
  readEvents(channel: string, afterSeq = 0, limit = 1_000) {
    return this.#backend.call({ method: "readEvents", args: [{ channel, afterSeq, limit }] });
  }
  async tailEvents(afterEventId = 0, limit = 1_000) {
    return (await this.tail(afterEventId, limit)).events;
  }

  tail(afterEventId: number, limit = 1_000) {
    return this.#backend.call({ method: "tailEvents", args: [{ afterEventId, limit }] });
  }
  /** How near a bound is, and how often it was met. */
  async level(bound: string) {
    const levels = await this.#backend.call({ method: "recordLevels", args: [] });
    return levels.find((one) => one.bound === bound);
  }
  check() {
    return this.#backend.call({ method: "check", args: [] });
  }

  // ---- what most promises begin with
  /** Submits a task that must be created; its id. */
  async created(differences: Partial<TaskSubmission> = {}): Promise<string> {
    const result = await this.submit(someTask(differences));
    assert.equal(result.kind, "created", `the submission was answered ${JSON.stringify(result)}`);
    return result.taskId;
  }
  /** Several of the same kind, in this order. */
  async createdMany(count: number, differences: Partial<TaskSubmission> = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.push(await this.created(differences));
    return ids;
  }
  async claimed(differences: Partial<ClaimRequest> = {}): Promise<readonly TaskLease[]> {
    const usual = { node: "worker-1", incarnation: 1, models: ["lama"], max: 100 };
    return this.claim({ ...usual, ...differences });
  }
  /** Claims one task, which there must be. */
  async leased(differences: Partial<ClaimRequest> = {}): Promise<TaskLease> {
    const [lease] = await this.claimed({ ...differences, max: 1 });
    assert.ok(lease, "a task could be claimed");
    return lease;
  }
  /** Submits a task and claims it, as the only one of its model. */
  async running(differences: Partial<TaskSubmission> = {}): Promise<TaskLease> {
    const taskId = await this.created(differences);
    const queues = [differences.queue ?? "default"];
    const lease = await this.leased({ queues, models: [differences.model ?? "lama"] });
    assert.equal(lease.taskId, taskId, "the new task was the first in rank");
    return lease;
  }
  async status(taskId: string): Promise<TaskStatus | undefined> {
    return (await this.view(taskId))?.status;
  }
  /** The task's record as shown; it must be there. */
  async seen(taskId: string) {
    const view = await this.view(taskId);
    assert.ok(view, `the task ${taskId} is shown`);
    return view;
  }
  /** Types of the events of a channel, oldest first. */
  async eventTypes(channel: string): Promise<readonly string[]> {
    return (await this.readEvents(channel)).events.map((event) => event.type);
  }
  /** Sweeps until nothing is left to do; the tasks that ended thereby. */
  async sweepAll(): Promise<readonly string[]> {
    const ended: string[] = [];
    for (;;) {
      const report = await this.sweep();
      ended.push(...report.ended);
      const count = report.released + report.ended.length + report.due + report.purged;
      if (count === 0) return ended;
    }
  }
  async passAndSweep(ms: number): Promise<readonly string[]> {
    await this.pass(ms);
    return this.sweepAll();
  }

  async #noted<V>(answer: Promise<V>, note: (value: V) => readonly Acknowledgement[]): Promise<V> {
    const issued = this.#log.length;
    const value = await answer;
    this.#log.push(...note(value).map((entry) => ({ ...entry, issued })));
    return value;
  }
}
