// Writes the copy: all of it once, then what the store's log tells, step by step. The store's log is what
// waits while the server is slow or away, so nothing is held here. Before each transaction it looks at what it
// left in the copy last, its token and the number of the transaction: another server, or one that has lost
// data or was set back to an earlier state of itself, does not have that, and gets everything anew.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { CutPart, CutRequest, StoreCut } from "#protocols/tasks/task-records.ts";
import { copyPage } from "./copy-page.ts";
import type { MirrorKeys, MirrorKind } from "./mirror-keys.ts";
import type { MirrorMoment } from "./mirror-moment.ts";
import {
  eventCommands,
  forgetCommands,
  type MirrorCommand,
  type PlanPlace,
  taskCommands,
} from "./mirror-plan.ts";
import { sealedParts } from "./mirror-seals.ts";
import type { MirrorServer } from "./mirror-server.ts";
import { behindAll, livingStatuses } from "./snapshot-assembly.ts";
import { WrittenRecords } from "./written-records.ts";

export interface WriterParts {
  readonly server: MirrorServer;
  readonly keys: MirrorKeys;
  readonly newToken: () => string;
  /** Milliseconds since 1970 UTC. */
  readonly wall: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Of the copy at a moment. */
interface Place extends PlanPlace {
  readonly token: string;
  /** Of the last transaction. */
  writes: number;
  readonly epoch: string;
  eventId: number;
}

export type StepResult =
  /** `isMore`: there is more of the log already. */
  | ({ readonly kind: "written"; readonly isMore: boolean } & MirrorMoment)
  /** The store does not answer: the copy stays as it is. */
  | { readonly kind: "waits"; readonly reason: string }
  /** The copy is not what this writer left, or is too far behind. */
  | { readonly kind: "lost"; readonly reason: string };

export type ResyncResult =
  | ({ readonly kind: "written" } & MirrorMoment)
  | { readonly kind: "waits"; readonly reason: string };

const pageTasks = 500;
/** Nodes, queues and counts are compared as often as that. */
const wholeEveryMs = 1_000;
const wholeParts: readonly CutPart[] = ["counts", "queues", "nodes"];
const copiedKinds: readonly MirrorKind[] = ["task", "node", "queue"];

export class MirrorWriter {
  readonly #parts: WriterParts;
  readonly #written = new WrittenRecords();
  #place: Place | undefined;
  /** What the store failed with last. */
  #silent: Failure | undefined;
  #wholeAt = Number.NEGATIVE_INFINITY;
  /** When it looks at its own work next. */
  #checkAt = Number.POSITIVE_INFINITY;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Writes all of it; answers the event from which the steps go on. Fails when Redis does. */
  async resync(store: Ref<Store>): Promise<ResyncResult> {
    try {
      return await this.#resyncOver(store);
    } catch (error) {
      const silent = this.#silent;
      if (silent === undefined || error !== silent) throw error;
      return { kind: "waits", reason: silent.detail };
    }
  }

  async #resyncOver(store: Ref<Store>): Promise<ResyncResult> {
    try {
      return await this.#resync(store);
    } catch (error) {
      if (error === this.#silent || Failure.of(error).code !== "conflict") throw error;
      // Something else stands where the copy's own keys are.
      const { keys, server } = this.#parts;
      const own = [keys.meta, keys.counts, ...copiedKinds.map((kind) => keys.all(kind))];
      await server.write([["UNLINK", ...own]]);
      return this.#resync(store);
    }
  }

  async step(store: Ref<Store>): Promise<StepResult> {
    const place = this.#place;
    if (!place) return { kind: "lost", reason: "nothing was written yet" };
    const damage = await this.#damage();
    if (damage !== null) return { kind: "lost", reason: damage };
    const isWhole = this.#parts.wall() - this.#wholeAt >= wholeEveryMs;
    const also = isWhole ? [...wholeParts] : [];
    const request = { afterEventId: place.eventId, taskIds: [], page: null, also };
    const askedAt = this.#parts.wall();
    const found = await store.cut(request).catch((error: unknown) => Failure.of(error));
    if (found instanceof Failure) return { kind: "waits", reason: found.detail };
    if (found.epoch !== place.epoch) return { kind: "lost", reason: "the store has another epoch" };
    const behind = found.eventId - place.eventId;
    if (behind > stateLimits.mirrorBehindMax) {
      return { kind: "lost", reason: `the copy is ${behind} events behind` };
    }
    if (found.isTrimmed) {
      return { kind: "lost", reason: "the log has forgotten events that the copy never saw" };
    }
    const commands = [
      ...taskCommands(place, found.tasks),
      ...goneFrom(found).flatMap((taskId) => forgetCommands(place, "task", taskId)),
      ...(isWhole ? this.#written.differences(place, found) : []),
      ...eventCommands(place, place.epoch, found.events),
    ];
    if (commands.length === 0 && !isWhole) return this.#at(place, found);
    const isOurs = await this.#write(place, [
      ...commands,
      this.#standing(place, found, isWhole ? { askedAt, wholeAt: askedAt } : { askedAt }),
    ]);
    if (!isOurs) return { kind: "lost", reason: "the server has other data" };
    if (isWhole) this.#wholeAt = this.#parts.wall();
    return this.#at(place, found);
  }

  async #resync(store: Ref<Store>): Promise<ResyncResult> {
    const { keys, newToken, server } = this.#parts;
    this.#written.clear();
    this.#place = undefined;
    const askedAt = this.#parts.wall();
    const start = await this.#cut(store, {});
    const generation = Number((await server.field(keys.meta, "generation")) ?? 0) + 1;
    const { epoch, eventId } = start;
    const place: Place = { keys, generation, token: newToken(), writes: 0, epoch, eventId };
    const { token, writes } = place;
    const begun = { state: "resyncing", generation, token, writes, epoch };
    const isBegun = await server.write([["HSET", keys.meta, ...Object.entries(begun).flat()]]);
    if (!isBegun) throw changedMeanwhile();
    await this.#writePages(store, place);
    const whole = await this.#cut(store, { also: [...wholeParts] });
    await this.#writeOurs(place, this.#written.differences(place, whole));
    for (const kind of copiedKinds) await this.#forgetFormer(place, kind);
    const standing = this.#standing(place, start, { askedAt, wholeAt: askedAt });
    const told = JSON.stringify({ epoch, eventId });
    await this.#writeOurs(place, [standing, ["PUBLISH", keys.resync, told]]);
    this.#place = place;
    this.#wholeAt = this.#parts.wall();
    this.#checkLater();
    return { kind: "written", epoch, eventId };
  }

  /** Now and then: what somebody else made of nodes, queues and counts; null: nothing. */
  async #damage(): Promise<string | null> {
    if (this.#parts.wall() < this.#checkAt) return null;
    this.#checkLater();
    const { keys, server } = this.#parts;
    try {
      for (const kind of sealedParts) {
        const page = await copyPage(server, keys, { kind });
        const damage = typeof page === "string" ? page : page.damage;
        if (damage !== null) return damage;
      }
      return null;
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.code !== "conflict") throw failure;
      return failure.detail;
    }
  }

  /** Spread, so that the copies of many clusters are not all looked at at once. */
  #checkLater(): void {
    const spread = 0.75 + this.#parts.random() / 2;
    this.#checkAt = this.#parts.wall() + stateLimits.mirrorCheckEveryMs * spread;
  }

  async #writePages(store: Ref<Store>, place: Place): Promise<void> {
    for (const status of livingStatuses) {
      let cursor: number | null = 0;
      while (cursor !== null) {
        const page = { status, cursor, limit: pageTasks };
        const found: StoreCut = await this.#cut(store, { page });
        if (found.page.length > 0) await this.#writeOurs(place, taskCommands(place, found.page));
        cursor = found.next;
      }
    }
  }

  /** What bears an older generation is not there any more. */
  async #forgetFormer(place: Place, kind: MirrorKind): Promise<void> {
    const { keys, server } = this.#parts;
    for (;;) {
      const ids = await server.below(keys.all(kind), place.generation, pageTasks);
      if (ids.length === 0) return;
      await this.#writeOurs(
        place,
        ids.flatMap((id) => forgetCommands(place, kind, id)),
      );
    }
  }

  /** The copy is not newer than the question that it answers: of tasks, and of nodes, queues and counts. */
  #standing(
    { keys, token, epoch }: Place,
    { events, eventId }: StoreCut,
    { askedAt, ...whole }: { readonly askedAt: number; readonly wholeAt?: number },
  ): MirrorCommand {
    const reached = events.length > 0 ? (events.at(-1)?.eventId ?? eventId) : eventId;
    const standing = {
      state: "following",
      token,
      epoch,
      eventId: reached,
      // Where there is more of the log, the copy is older than that.
      ...(reached >= eventId ? { writtenAt: askedAt } : {}),
      ...whole,
      ...(whole.wholeAt === undefined ? {} : this.#written.seals()),
    };
    return ["HSET", keys.meta, ...Object.entries(standing).flat()];
  }

  #at(place: Place, { events, eventId }: StoreCut): StepResult {
    place.eventId = events.at(-1)?.eventId ?? eventId;
    const isMore = place.eventId < eventId;
    return { kind: "written", epoch: place.epoch, eventId: place.eventId, isMore };
  }

  /** Whether the server has what this writer left there. */
  async #write(place: Place, commands: readonly MirrorCommand[]): Promise<boolean> {
    const { token, writes } = place;
    const { meta } = place.keys;
    const guard = { key: meta, fields: { token, writes: `${writes}` } };
    const counted: MirrorCommand = ["HSET", meta, "writes", writes + 1];
    if (!(await this.#parts.server.writeIf(guard, [...commands, counted]))) return false;
    place.writes += 1;
    return true;
  }

  /** One of nothing but the moment, unless more is asked for. */
  async #cut(
    store: Ref<Store>,
    wanted: Partial<Pick<CutRequest, "page" | "also">>,
  ): Promise<StoreCut> {
    const nothing = { afterEventId: behindAll, taskIds: [], page: null, also: [] };
    try {
      return await store.cut({ ...nothing, ...wanted });
    } catch (error) {
      this.#silent = Failure.of(error);
      throw this.#silent;
    }
  }

  async #writeOurs(place: Place, commands: readonly MirrorCommand[]): Promise<void> {
    if (commands.length === 0 || (await this.#write(place, commands))) return;
    throw changedMeanwhile();
  }
}

const changedMeanwhile = (): Failure =>
  new Failure("unavailable", "Redis lost what was written to it meanwhile; it is begun anew");

/** Tasks that something happened to, and that are forgotten by now. */
function goneFrom({ events, tasks }: StoreCut): readonly string[] {
  const known = new Set(tasks.map(({ taskId }) => taskId));
  const touched = events.flatMap(({ taskId }) => (taskId === null ? [] : [taskId]));
  return [...new Set(touched)].filter((taskId) => !known.has(taskId));
}
