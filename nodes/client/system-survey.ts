// How the cluster is, asked of everybody who knows a part of it at the same time. Each part says when it
// was so; what could not be asked says why, with what was last known.
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import type { QueueStatistics } from "#protocols/tasks/queue.ts";
import type { StateStatistics } from "#protocols/tasks/state-readings.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import { protocolVersion, protocolVersionMin } from "#protocols/version.ts";
import type { ClusterDesks } from "./cluster-desks.ts";

export interface MemberStanding {
  readonly name: string;
  readonly incarnation: number;
  readonly status: string;
  /** Why it is what it is, in words. */
  readonly why: string;
}

export type StatusPart<T> =
  | { readonly kind: "known"; readonly value: T; readonly asOf: number }
  /** `last`: what it was when it could be asked, and when that was; null: never from here. */
  | {
      readonly kind: "unknown";
      readonly code: FailureCode;
      readonly detail: string;
      readonly last: { readonly value: T; readonly asOf: number; readonly ageMs: number } | null;
    };

export interface NodeStanding {
  readonly name: string;
  readonly status: NodeView["status"];
  readonly statusReason: string;
  readonly health: NodeView["health"];
  readonly incarnation: number;
  /** Of Node; the release of the cluster's own protocols is in `versions`. */
  readonly nodeVersion: string;
  readonly runningTasks: number;
  readonly slots: number;
  readonly isHeld: boolean;
  readonly lastHeartbeatAt: number;
  /** Null: not heard since the registry began. */
  readonly cpuPercent: number | null;
  readonly memoryPercent: number | null;
}

export interface SystemStatus {
  /** Milliseconds since 1970 UTC: when it was asked. */
  readonly at: number;
  /** Whether every part could be asked. */
  readonly isWhole: boolean;
  /** Counts by status, workers, rates, and each queue. */
  readonly tasks: StatusPart<QueueStatistics>;
  readonly nodes: StatusPart<readonly NodeStanding[]>;
  readonly store: StatusPart<StoreInfo>;
  /** Of the StateManager: how far it is, its cache, its followers, its mirror; null: the cluster has none. */
  readonly state: StatusPart<StateStatistics | null>;
  /** Those of the cluster's nodes as this node sees them; null: it does not look at them. */
  readonly members: StatusPart<readonly MemberStanding[] | null>;
  /** Where the channel is that has just answered; it can carry commands out only with its store. */
  readonly control: StatusPart<{ readonly node: string }>;
  /** Of this process. */
  readonly versions: {
    readonly node: string;
    readonly links: { readonly min: number; readonly max: number };
  };
}

export interface SurveyPorts {
  now(): number;
  wall(): number;
  members(): readonly MemberStanding[] | null;
}

/** A part that is away does not hold up the others for long. */
const partMsMax = 2_500;
/** Of no command. */
const soundingId = "system-status";

export class SystemSurvey {
  readonly #desks: ClusterDesks;
  readonly #ports: SurveyPorts;
  readonly #withinMs: number;
  readonly #tasks = new LastKnown<QueueStatistics>();
  readonly #nodes = new LastKnown<readonly NodeStanding[]>();
  readonly #store = new LastKnown<StoreInfo>();
  readonly #state = new LastKnown<StateStatistics | null>();
  readonly #members = new LastKnown<readonly MemberStanding[] | null>();
  readonly #control = new LastKnown<{ readonly node: string }>();

  constructor(desks: ClusterDesks, ports: SurveyPorts, withinMs: number) {
    this.#desks = desks;
    this.#ports = ports;
    this.#withinMs = Math.min(withinMs, partMsMax);
  }

  async look(): Promise<SystemStatus> {
    const time = this.#desks.time(this.#withinMs);
    const wall = (): number => this.#ports.wall();
    const { control, queue, registry, store } = this.#desks;
    const at = wall();
    const [tasks, nodes, info, state, members, channel] = await Promise.all([
      this.#tasks.read(wall, () => queue.ask((asked) => asked.statistics(), time)),
      this.#nodes.read(wall, async () =>
        (await registry.ask((asked) => asked.list(), time)).map(standingOf),
      ),
      this.#store.read(wall, () => store.ask((asked) => asked.info(), time)),
      this.#state.read(wall, () => this.#desks.readState((asked) => asked.statistics(), time)),
      this.#members.read(wall, async () => this.#ports.members()),
      this.#control.read(wall, () =>
        control.ask(async (asked) => {
          // That it is registered says only where it was: it has to answer something.
          await asked.find(soundingId);
          return { node: asked.$.address.node.name };
        }, time),
      ),
    ]);
    const parts = [tasks, nodes, info, state, members, channel];
    return {
      at,
      isWhole: parts.every(({ kind }) => kind === "known"),
      ...{ tasks, nodes, store: info, state, members, control: channel },
      versions: {
        node: process.versions.node,
        links: { min: protocolVersionMin, max: protocolVersion },
      },
    };
  }
}

class LastKnown<T> {
  #last: { readonly value: T; readonly asOf: number } | undefined;

  async read(wall: () => number, ask: () => Promise<T>): Promise<StatusPart<T>> {
    try {
      const value = await ask();
      this.#last = { value, asOf: wall() };
      return { kind: "known", ...this.#last };
    } catch (cause) {
      const { code, detail } = Failure.of(cause);
      const last = this.#last && { ...this.#last, ageMs: Math.max(0, wall() - this.#last.asOf) };
      return { kind: "unknown", code, detail, last: last ?? null };
    }
  }
}

function standingOf(view: NodeView): NodeStanding {
  const { capabilities, health, hold, incarnation, lastHeartbeatAt, load, name } = view;
  const { runningTasks, status, statusReason } = view;
  return {
    ...{ name, status, statusReason, health, incarnation, runningTasks, lastHeartbeatAt },
    nodeVersion: capabilities.nodeVersion,
    slots: capabilities.slots,
    isHeld: hold !== null,
    cpuPercent: load?.machineCpuPercent ?? null,
    memoryPercent: load?.machineMemoryPercent ?? null,
  };
}
