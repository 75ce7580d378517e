// The state as a whole: as of one moment, safely written, read anew.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type {
  MirrorStatus,
  RefreshReport,
  SnapshotPage,
  StateSnapshot,
  SyncReport,
} from "#protocols/tasks/state-readings.ts";
import type { StoreCut } from "#protocols/tasks/task-records.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { isReached, type MirrorMoment } from "./mirror-moment.ts";
import type { Mirror } from "./mirror-protocol.ts";
import { assemble, behindAll } from "./snapshot-assembly.ts";
import { SnapshotShelf } from "./snapshot-shelf.ts";
import type { StoreAccess } from "./store-access.ts";
import { figuresOf } from "./system-figures.ts";
import type { TaskReads } from "./task-reads.ts";

export interface WholeStatePorts {
  readonly access: StoreAccess;
  readonly reads: TaskReads;
  readonly cluster: ClusterReads;
  readonly wall: () => number;
  readonly newId: () => string;
}

/** Milliseconds that `sync` waits for the mirror. */
const mirrorWithinMs = 3_000;

export class WholeStateDesk {
  readonly #ports: WholeStatePorts;
  readonly #shelf = new SnapshotShelf();
  mirror: Ref<Mirror> | undefined;

  constructor(ports: WholeStatePorts) {
    this.#ports = ports;
  }

  async snapshot(): Promise<StateSnapshot> {
    const { access, newId, wall } = this.#ports;
    const store = access.open();
    let asOf = wall();
    const { cut, tasks } = await assemble((request) => {
      asOf = wall();
      return store.cut(request);
    });
    const { counts, epoch, eventId, nodes, queues } = cut;
    if (counts === null)
      throw new Failure("internal", "the last question of a snapshot has counts");
    const page = this.#shelf.add(newId(), tasks, wall());
    const figures = figuresOf({ at: asOf, isStale: false, counts, queues, nodes });
    const mirror = await this.mirrorStatus();
    const whole = { epoch, eventId, asOf, counts, queues, nodes, figures, mirror };
    return { ...whole, ...page, tasksTotal: tasks.length };
  }

  page(request: { readonly snapshotId: string; readonly from: number }): SnapshotPage {
    return this.#shelf.page(request.snapshotId, request.from);
  }

  /** An acknowledged write is durable: it is enough that the store can write, and that the copy has it. */
  async sync(): Promise<SyncReport> {
    const { access, wall } = this.#ports;
    const store = access.open();
    const asOf = wall();
    await store.ping();
    const [{ epoch, eventId }, { ackLevels }] = await Promise.all([
      lastMoment(store),
      store.info(),
    ]);
    const mirror = await this.#reached({ epoch, eventId });
    const isMirrored = mirror.kind === "off" ? null : isReached(mirror, { epoch, eventId });
    return { epoch, eventId, asOf, ack: ackLevels.at(-1) ?? "accepted", mirror, isMirrored };
  }

  async refresh(): Promise<RefreshReport> {
    const { access, cluster, reads, wall } = this.#ports;
    const asOf = wall();
    const dropped = reads.clear() + cluster.clear();
    const [{ epoch, eventId }, nodes, queues] = await Promise.all([
      lastMoment(access.open()),
      cluster.nodes({ maxAgeMs: 0 }),
      cluster.queues({ maxAgeMs: 0 }),
    ]);
    const read = { nodes: nodes.value.length, queues: queues.value.length };
    return { epoch, eventId, asOf, dropped, ...read };
  }

  async mirrorStatus(): Promise<MirrorStatus> {
    return this.mirror === undefined ? { kind: "off" } : this.#seen(this.mirror.status());
  }

  expire(nowMs: number): void {
    this.#shelf.expire(nowMs);
  }

  /** One that lags, or is being written anew, says so itself. */
  async #reached(moment: MirrorMoment): Promise<MirrorStatus> {
    if (this.mirror === undefined) return { kind: "off" };
    const { mirror } = this;
    const reached = mirror.$.with({ within: mirrorWithinMs }).reach(moment);
    return this.#seen(reached.catch(() => mirror.status()));
  }

  /** Who does not answer is away. */
  async #seen(asked: Promise<MirrorStatus>): Promise<MirrorStatus> {
    try {
      return await asked;
    } catch (error) {
      const { detail } = Failure.of(error);
      return { kind: "away", server: "", since: this.#ports.wall(), reason: detail };
    }
  }
}

const lastMoment = (store: Ref<Store>): Promise<StoreCut> =>
  store.cut({ afterEventId: behindAll, taskIds: [], page: null, also: [] });
