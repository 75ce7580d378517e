// How those who subscribed to channels learn what happened there.
//
//   task:<task id>  user:<user id>  room:<name>  node:<name>  queue:<name>  system
//
// Events are those of the store's log: (epoch, channel, seq) names one for ever, and seq is dense. What
// is only worth its newest value (progress, figures) has no number and is never made up for.
import Type, { type Static } from "typebox";
import { type Ack, ask, protocol, tell } from "../protocol.ts";
import type { StoreEvent } from "./task-events.ts";
import type { TaskParameters } from "./task-parameters.ts";

export const channelKinds = ["task", "user", "room", "node", "queue", "system"] as const;
export type ChannelKind = (typeof channelKinds)[number];

export const Channel = Type.String({
  pattern: "^(system|(task|user):[^\\s]{1,64}|(room|node|queue):[^\\s]{1,120})$",
  maxLength: 128,
});
export type Channel = Static<typeof Channel>;

/** The first part of the name; undefined for what is no channel. */
export const channelKindOf = (channel: string): ChannelKind | undefined =>
  channelKinds.find((kind) => kind === channel.split(":", 1)[0]);

/** What it is the channel of: the id behind the kind. */
export const channelSubject = (channel: string): string => channel.slice(channel.indexOf(":") + 1);

/** Why a channel's events do not follow one another any more. */
export type GapReason =
  /** The subscriber did not keep up, or a message to it was lost. */
  | "slow"
  /** Events were forgotten before they could be told. */
  | "trimmed"
  /** It is another store, or one that was restored: the numbers begin anew. */
  | "epoch";

export type Notice =
  | ({ readonly kind: "event" } & StoreEvent)
  /** No further event of the channel comes until its subscriber has resumed it. */
  | {
      readonly kind: "gap";
      readonly channel: string;
      readonly reason: GapReason;
      /** The number of the last event that was told, in the epoch that it was told of. */
      readonly after: number;
    }
  | {
      readonly kind: "progress";
      readonly channel: string;
      readonly taskId: string;
      /** 0 to 1. */
      readonly progress: number;
      readonly message: string | null;
      readonly at: number;
    }
  /** On the channel `system`, as often as they are sampled. */
  | { readonly kind: "figures"; readonly channel: string; readonly figures: SystemFigures };

export interface NoticeBatch {
  readonly epoch: string;
  /** In order: those of one channel as they happened. */
  readonly notices: readonly Notice[];
}

export interface StateListener {
  /** The next batch comes when this was answered: that is how a slow subscriber holds it back. */
  notify(batch: NoticeBatch): Ack;
  /**
   * Its subscriptions are over: the StateManager has ended, or the subscriber did not answer. It looks
   * up `state` again, and resumes with the numbers that it has.
   */
  lapsed(reason: string): void;
}

export const StateListener = protocol<StateListener>("tasks.StateListener@1", {
  notify: ask({ within: 10_000 }),
  lapsed: tell,
});

/** How the cluster is, in numbers. */
export interface SystemFigures {
  /** When the oldest of it was read: milliseconds since 1970 UTC. */
  readonly at: number;
  /** The store could not be asked: it may have changed since. */
  readonly isStale: boolean;
  readonly tasks: Readonly<Record<string, number>>;
  readonly nodes: Readonly<Record<string, number>>;
  readonly pendingBytes: number;
  /** Over the last ten seconds. */
  readonly endedPerSecond: number;
  readonly claimedPerSecond: number;
  /** Of the last 1,000 completed attempts; null before the first. */
  readonly queueMsMean: number | null;
  readonly runMsMean: number | null;
  /** Of the nodes that are heard; null when there is none. */
  readonly cpuPercentMean: number | null;
  readonly cpuPercentMax: number | null;
  readonly memoryPercentMean: number | null;
  readonly memoryPercentMax: number | null;
}

/** Series of the history of metrics. */
export const systemSeries = {
  /** Label `status`. */
  tasks: "system.tasks",
  nodes: "system.nodes",
  pendingBytes: "system.pending_bytes",
  endedPerSecond: "system.ended_per_second",
  claimedPerSecond: "system.claimed_per_second",
  queueMs: "system.wait_ms",
  runMs: "system.run_ms",
  /** Label `node`. */
  cpuPercent: "node.cpu_percent",
  memoryPercent: "node.memory_percent",
  runningTasks: "node.running_tasks",
} as const;

/** What is told to people. */
export const Severity = Type.Enum(["info", "warning", "error", "critical"]);
export type Severity = Static<typeof Severity>;
export const personalNotification = "personal_notification";

/** An event that programs tell in a channel of theirs. */
export interface Announcement {
  readonly channel: string;
  readonly type: string;
  readonly taskId?: string | null;
  readonly payload: TaskParameters;
}
