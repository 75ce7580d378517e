// Settles a batch of commands: decides, commits, and begins anew when somebody else has committed
// since. A commit that was sent and not answered is not sent again before it is known whether it was
// done: its mark in Redis says so, and the next attempt learns it.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "#protocols/failure.ts";
import type { StoreAnswer, StoreCommand } from "../backend.ts";
import { bounded } from "./bounded-wait.ts";
import type { KeyspaceQuery } from "./keyspace-query.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { StoreFigures } from "./store-figures.ts";
import type { StoreServer } from "./store-server.ts";
import type { StoreSession } from "./store-session.ts";
import { type Decided, type DrawnIds, type StoreView, viewIsStale } from "./store-view.ts";
import * as wire from "./store-wire.ts";
import { maybeDone, troubleOf, wireFailure } from "./wire-failures.ts";

interface Batch {
  readonly commands: readonly StoreCommand[];
  readonly deadlineMs: number;
  readonly number: number;
  readonly drawn: DrawnIds;
  readonly asked: Map<string, KeyspaceQuery>;
  /** By attempt: the answers that hold if that commit was done. */
  readonly sent: Map<number, readonly StoreAnswer[]>;
  /** A commit was sent whose answer did not come. */
  isUnsure: boolean;
  refusals: number;
}

export class BatchSettler {
  readonly #server: StoreServer;
  readonly #figures: StoreFigures;
  readonly #writer: string;
  #view: StoreView | undefined;
  /** Whose commits the view rests on. */
  #viewSession: StoreSession | undefined;
  #batches = 0;

  constructor(server: StoreServer, figures: StoreFigures, writer: string) {
    this.#server = server;
    this.#figures = figures;
    this.#writer = writer;
  }

  /** Answers of the first commands; those without one belong into the next batch. */
  async settle(
    commands: readonly StoreCommand[],
    deadlineMs: number,
  ): Promise<readonly StoreAnswer[]> {
    this.#batches += 1;
    const batch: Batch = {
      ...{ commands, deadlineMs, number: this.#batches, isUnsure: false, refusals: 0 },
      ...{ drawn: new Map(), asked: new Map(), sent: new Map() },
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answers = await this.#attempt(batch, attempt);
        if (answers) return answers;
        batch.refusals += 1;
        this.#figures.refusedTotal += 1;
      } catch (error) {
        this.#forget();
        await this.#afterTrouble(batch, error, attempt);
      }
      this.#checkTime(batch);
    }
  }

  /** The answers; undefined when it has to be tried again. */
  async #attempt(batch: Batch, attempt: number): Promise<readonly StoreAnswer[] | undefined> {
    const session = await this.#server.session(batch.deadlineMs);
    const view = this.#viewOf(session);
    try {
      if (batch.refusals > 2) await this.#server.takeTurn(session, this.#writer);
      const decided = await view.decide(batch.commands, batch.drawn, batch.asked, batch.deadlineMs);
      const mustFollow = needsReplicas(decided.answers);
      if (view.keyspace.changes.isEmpty && !mustFollow && !batch.isUnsure) {
        await view.verify(decided);
        return decided.answers;
      }
      const isDone = await this.#commit(session, view, batch, attempt, decided);
      if (isDone === undefined) return undefined;
      return mustFollow ? await this.#followed(session, isDone) : isDone;
    } catch (error) {
      if (error !== viewIsStale) {
        this.#server.dropAfter(session, error);
        throw error;
      }
      this.#forget();
      return undefined;
    }
  }

  async #commit(
    session: StoreSession,
    view: StoreView,
    batch: Batch,
    attempt: number,
    { answers, nowMs }: Decided,
  ): Promise<readonly StoreAnswer[] | undefined> {
    const { keyspace } = view;
    const { keys } = this.#server;
    keyspace.setField(keys.numbers, "now", Buffer.from(String(nowMs)));
    const { absentKeys, chunks } = keyspace.changes;
    await wire.uploadChunks(session, chunks);
    const terms = {
      ...{ commit: view.commit ?? 0, epoch: session.epoch, writer: this.#writer },
      ...{ batch: batch.number, attempt, absentKeys, chunkKeys: [...chunks.keys()] },
      commands: keyspace.changes.commands(),
    };
    batch.sent.set(attempt, answers);
    const sent = wire.commit(session, keys, terms);
    const answer = await bounded(sent, redisStoreLimits.commandMsMax).catch((error: unknown) => {
      if (troubleOf(error) === "unknown") batch.isUnsure = true;
      throw error;
    });
    this.#server.heard(answer);
    this.#figures.commitsTotal += Number(answer.kind === "done");
    switch (answer.kind) {
      case "done":
        view.commit = answer.commit;
        keyspace.committed();
        this.#server.sawUnreadable(view);
        return answers;
      case "applied":
        this.#forget();
        return batch.sent.get(answer.attempt) ?? answers;
      case "present":
        keyspace.undoTo(0);
        keyspace.mustFetch({ kind: "hash", key: answer.key });
        batch.drawn.clear();
        return undefined;
      case "missing":
        keyspace.undoTo(0);
        return undefined;
      case "turn":
        // The other one needs a round trip or two.
        await sleep(5 + Math.random() * 10);
        this.#forget();
        return undefined;
      case "stale":
        this.#forget();
        return undefined;
      default:
        return answer satisfies never;
    }
  }

  /** Submissions are acknowledged as replicated when a replica has them. */
  async #followed(
    session: StoreSession,
    answers: readonly StoreAnswer[],
  ): Promise<readonly StoreAnswer[]> {
    const count = await bounded(
      wire.replicasThatHaveIt(session),
      redisStoreLimits.replicaMsMax + redisStoreLimits.commandMsMax,
    ).catch(() => 0);
    if (count > 0) return answers;
    session.replicasFailed();
    const seen = `no replica of Redis had it within ${redisStoreLimits.replicaMsMax} ms`;
    const failure = maybeDone(seen).toData();
    return answers.map((answer) =>
      isReplicatedReceipt(answer) ? { kind: "failed", failure } : answer,
    );
  }

  /** Returns when it is worth another attempt. */
  async #afterTrouble(batch: Batch, error: unknown, attempt: number): Promise<void> {
    const trouble = troubleOf(error);
    const mayBeDone = batch.isUnsure;
    if (trouble === "refused" && !mayBeDone) throw wireFailure(error);
    this.#figures.troublesTotal += 1;
    const waitMs = Math.min(redisStoreLimits.reconnectMsMax, 10 * attempt);
    if (performance.now() + waitMs < batch.deadlineMs && trouble !== "refused") {
      await sleep(waitMs);
      return;
    }
    if (mayBeDone) throw maybeDone(`Redis did not answer a commit: ${wireFailure(error).detail}`);
    throw wireFailure(error);
  }

  #checkTime(batch: Batch): void {
    const isOver = performance.now() > batch.deadlineMs;
    if (!isOver && batch.refusals < redisStoreLimits.refusalsMax) return;
    if (batch.isUnsure) throw maybeDone("Redis did not answer a commit in time");
    const seen = `others committed ${batch.refusals} times while this was decided`;
    throw new Failure("unavailable", `${seen}; nothing was changed: ask again`);
  }

  #viewOf(session: StoreSession): StoreView {
    if (this.#view && this.#viewSession === session) return this.#view;
    const view = this.#server.newView(session);
    [this.#view, this.#viewSession] = [view, session];
    return view;
  }

  #forget(): void {
    this.#view = undefined;
  }

  /** Entries that the next batch need not fetch. */
  get rememberedEntries(): number {
    return this.#view?.keyspace.size ?? 0;
  }
}

const needsReplicas = (answers: readonly StoreAnswer[]): boolean =>
  answers.some(isReplicatedReceipt);

function isReplicatedReceipt(answer: StoreAnswer): boolean {
  if (answer.kind !== "done") return false;
  const { value } = answer;
  return (
    typeof value === "object" && value !== null && "ack" in value && value.ack === "replicated"
  );
}
