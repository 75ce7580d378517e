// A process outside of the topology, as a client of the cluster: everything of `Communication`, and
// following what happens.

import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import { clientLimits } from "#protocols/client-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Channel } from "#protocols/tasks/state-notices.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import { isEnded, taskStatuses } from "#protocols/tasks/task-states.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { pause } from "#runtime/host/pause.ts";
import type { ShownBound } from "#runtime/observation/shown-figures.ts";
import { noSuchTask } from "./cancelling.ts";
import type { ChannelBell } from "./channel-bell.ts";
import type { CheckedTerms } from "./client-terms.ts";
import type { ClusterConnection } from "./cluster-connection.ts";
import { Communication } from "./communication.ts";
import type { ChannelPosition, Followed } from "./follow-cursor.ts";
import { Following, type LogPage } from "./following.ts";

export interface FollowOptions {
  /** Behind which event: `position` of a follower, or `start` for all that are kept. Default: from now on. */
  readonly after?: ChannelPosition | "start";
  /** Aborted: the iterator ends. */
  readonly signal?: AbortSignal;
}

export class ClusterClient {
  readonly #connection: ClusterConnection;
  readonly #bell: ChannelBell;
  readonly #communication: Communication;
  readonly #following = new Set<Following>();
  #refusedTotal = 0;

  constructor(connection: ClusterConnection, bell: ChannelBell, terms: CheckedTerms) {
    this.#connection = connection;
    this.#bell = bell;
    const { name, scopes, callWithinMs } = terms;
    const ports = {
      lookup: <P>(protocol: Protocol<P>, as: string, withinMs: number): Promise<Ref<P>> =>
        this.#system.lookup(protocol, as, withinMs),
      whileHere: <R>(work: Promise<R>): Promise<R> => connection.whileAlive(work),
      now: () => nodeClock.now(),
      wall: () => nodeClock.wall(),
      random: () => Math.random(),
      pause: (ms: number) => pause(ms, connection.closed),
      members: () => membersSeen(connection),
      caller: { by: `node ${name}`, scopes },
      node: name,
    };
    this.#communication = new Communication(ports, callWithinMs);
  }

  /** Of this process among the nodes of the cluster. */
  get name(): string {
    return this.#connection.name;
  }

  /** What this process may ask of the cluster, as an actor may, too. */
  get communication(): Communication {
    return this.#communication;
  }

  /** For actors of one's own. Fails with `unavailable` while the cluster is being joined again. */
  get system(): ActorSystem {
    return this.#connection.node.system;
  }

  get #system(): ActorSystem {
    return this.#connection.node.system;
  }

  readonly submit: Communication["submit"] = (...given) => this.#communication.submit(...given);
  readonly task: Communication["task"] = (...given) => this.#communication.task(...given);
  readonly outcome: Communication["outcome"] = (...given) => this.#communication.outcome(...given);
  readonly updateTaskStatus: Communication["updateTaskStatus"] = (...given) =>
    this.#communication.updateTaskStatus(...given);
  readonly cancelTask: Communication["cancelTask"] = (...given) =>
    this.#communication.cancelTask(...given);
  readonly broadcastNotification: Communication["broadcastNotification"] = (...given) =>
    this.#communication.broadcastNotification(...given);
  readonly notifyUser: Communication["notifyUser"] = (...given) =>
    this.#communication.notifyUser(...given);
  readonly getSystemStatus: Communication["getSystemStatus"] = () =>
    this.#communication.getSystemStatus();
  readonly command: Communication["command"] = (...given) => this.#communication.command(...given);
  readonly order: Communication["order"] = (...given) => this.#communication.order(...given);

  /**
   * What happens in `task:<id>`, `user:<id>`, `room:<name>`, `node:<name>`, `queue:<name>` or `system`, from
   * when this is answered. Events come in order, each once, also over the loss of the link, the store's
   * node or the director; what is not kept any more is said (`missed`). Fails with `invalid` for what is no
   * channel, and with `unavailable` for more than 256 followers or when the log cannot be read now.
   */
  async follow(channel: string, options: FollowOptions = {}): Promise<Following> {
    checkChannel(channel);
    const { after } = options;
    if (typeof after === "object") return this.#begin({ channel, position: after, ...options });
    const { epoch, page } = await this.#read(channel, () => 0, 1);
    const seq = after === "start" ? 0 : page.head;
    return this.#begin({ channel, position: { epoch, seq }, ...options });
  }

  /** All that happened to the task and happens until it has ended. Fails with `not_found`. */
  async watchTask(
    taskId: string,
    { signal }: Pick<FollowOptions, "signal"> = {},
  ): Promise<Following> {
    const channel = channelOf.task(taskId);
    checkChannel(channel);
    const hasEnded = async (): Promise<boolean> => {
      const now = await this.task(taskId);
      return now === null || isEnded(now.status);
    };
    const { desks } = this.#communication;
    const time = desks.time();
    const task = await desks.queue.ask((queue) => queue.view(taskId), time);
    if (task === null) throw noSuchTask(taskId);
    const isLast = async (item: Followed | undefined): Promise<boolean> => {
      if (item?.kind === "event") return isTheEnd(item.type);
      if (item !== undefined && item.kind !== "missed") return false;
      return hasEnded().catch(() => false);
    };
    const { epoch } = await this.#read(channel, () => 0, 1, time);
    const aborted = signal === undefined ? {} : { signal };
    return this.#begin({ channel, position: { epoch, seq: 0 }, isLast, ...aborted });
  }

  /** The bound of followers, as metrics show it. */
  get followersBound(): ShownBound {
    const { size: highest } = this.#following;
    const { followersMax: max } = clientLimits;
    return { bound: "client_followers", max, highest, reached: this.#refusedTotal };
  }

  /** Leaves the cluster: followers end, calls under way fail, and nothing is left open. */
  async close(): Promise<void> {
    for (const following of this.#following) following.close();
    await this.#connection.close();
  }

  #begin(terms: {
    readonly channel: string;
    readonly position: ChannelPosition;
    readonly signal?: AbortSignal;
    readonly isLast?: (item: Followed | undefined) => Promise<boolean>;
  }): Following {
    if (this.#following.size >= clientLimits.followersMax) {
      this.#refusedTotal += 1;
      const text = `${this.#following.size} followers are open, the most there may be; close one`;
      throw new Failure("unavailable", text);
    }
    const { closed } = this.#connection;
    const signals = terms.signal ? [terms.signal, closed] : [closed];
    const stopListening = this.#bell.listen(terms.channel);
    const ended = (): void => {
      stopListening();
      this.#following.delete(following);
    };
    const following: Following = new Following(
      { ...terms, signals, ended },
      {
        read: (channel, after) => this.#read(channel, after, clientLimits.followPageMax),
        rung: (channel, until) => this.#bell.rung(channel, until),
        everyMs: () => this.#bell.everyMs,
        random: Math.random,
      },
    );
    this.#following.add(following);
    if (following.isOver) ended();
    return following;
  }

  /** A page, and the epoch of the log that it was read from. */
  #read(
    channel: string,
    after: (epoch: string) => number,
    limit: number,
    time = this.#communication.desks.time(),
  ): Promise<LogPage> {
    const { desks } = this.#communication;
    return desks.store.ask(async (store, given) => {
      const { epoch } = await store.info();
      const within = given.leftFor("store");
      const reading = store.$.with({ within });
      const page = await reading.readEvents({ channel, afterSeq: after(epoch), limit });
      return { epoch, page };
    }, time);
  }
}

const isTheEnd = (type: string): boolean =>
  taskStatuses.some((status) => status === type && isEnded(status));

const channels = Compile(Channel);

function checkChannel(channel: string): void {
  if (channels.Check(channel)) return;
  const kinds = "system, or task:, user:, room:, node: or queue: with an id or a name";
  throw new Failure("invalid", `${channel} is no channel: give ${kinds}`);
}

function membersSeen(connection: ClusterConnection) {
  return connection.node.members.all.map(({ node: { name, incarnation }, status, why }) => ({
    ...{ name, incarnation, status, why },
  }));
}
