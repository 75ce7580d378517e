// Joins the event bus of one node to those of the others, for topics of the cluster:
//
//   publish ─► listeners here
//        └───► one message to each node that listens ─► /topics ─► listeners there
//
// Links keep the order of what a node sends, so events of one publisher come in their order. Nobody
// waits: what a link has no room for is a dead letter. What is published before it is known who
// listens is held, up to a bound.
import type { Ref } from "#protocols/actor-ref.ts";
import { formatNode, type NodeId } from "#protocols/address.ts";
import { TopicService, topicsPath } from "#protocols/cluster/topic-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { retryMs } from "#runtime/cluster/directory/patient-call.ts";
import type { BoundState } from "#runtime/core/bounds.ts";
import { systemTopics, type Topic, type TopicRelay } from "#runtime/core/event-bus.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { type ClusterTopic, isClusterTopic } from "./cluster-topic.ts";
import { ListeningNodes, listeningKey } from "./listening-nodes.ts";
import { TopicsActor } from "./topics-actor.ts";

interface Held {
  readonly topic: string;
  readonly event: unknown;
}

/** Whether this node listens, as it is to stand in the directory and as it does. */
interface Interest {
  readonly topic: ClusterTopic<unknown>;
  isWanted: boolean;
  isThere: boolean;
  isSyncing: boolean;
}

export class ClusterTopics implements TopicRelay {
  readonly #system: ActorSystem;
  readonly #session: DirectorySession;
  readonly #interests = new Map<string, Interest>();
  #nodes: ListeningNodes | undefined;
  #held: Held[] = [];
  #droppedCount = 0;
  #hasActor = false;
  /** Aborted while the node does not take part: before its actor lives, and when it has ended. */
  #closing = new AbortController();

  constructor(system: ActorSystem, session: DirectorySession) {
    this.#system = system;
    this.#session = session;
  }

  get bounds(): readonly BoundState[] {
    const max = limits.topicEventsHeldMax;
    const [highest, reached] = [this.#held.length, this.#droppedCount];
    return [{ bound: "topicEventsHeldMax", max, highest, reached }];
  }

  listened(to: Topic<unknown>): void {
    if (!isClusterTopic(to)) return;
    this.#hear();
    const known = this.#interests.get(to.name);
    const interest = known ?? { topic: to, isWanted: true, isThere: false, isSyncing: false };
    interest.isWanted = true;
    this.#interests.set(to.name, interest);
    void this.#sync(interest);
  }

  unlistened(from: Topic<unknown>): void {
    const interest = this.#interests.get(from.name);
    if (!interest) return;
    interest.isWanted = false;
    void this.#sync(interest);
  }

  published(to: Topic<unknown>, event: unknown): void {
    this.#hear();
    const nodes = this.#listeningNodes();
    if (nodes?.isListed) {
      this.#send({ topic: to.name, event }, nodes);
      return;
    }
    if (this.#held.length >= limits.topicEventsHeldMax) {
      this.#held.shift();
      this.#droppedCount += 1;
    }
    this.#held.push({ topic: to.name, event });
  }

  /** Undefined when the node has ended: it tells nobody anything any more. */
  #listeningNodes(): ListeningNodes | undefined {
    if (this.#nodes || this.#closing.signal.aborted) return this.#nodes;
    const nodes = new ListeningNodes(this.#session.directory, this.#system, () => {
      const held = this.#held;
      this.#held = [];
      for (const each of held) this.#send(each, nodes);
    });
    this.#nodes = nodes;
    return nodes;
  }

  #send({ topic, event }: Held, nodes: ListeningNodes): void {
    for (const node of nodes.of(topic)) {
      if (node.name === this.#system.node.name) continue;
      try {
        this.#serviceAt(node).published(topic, event);
      } catch (error) {
        const { code, detail } = Failure.of(error);
        const text = `an event of ${topic} cannot reach other nodes: ${detail}; publish plain data`;
        this.#system.log.write("error", "/", text, { code });
        return;
      }
    }
  }

  #serviceAt(node: NodeId): Ref<TopicService> {
    const address = { node, path: topicsPath, uid: 0 };
    return this.#system.refFrom(TopicService, this.#system.revive(address, TopicService.id));
  }

  #hear(): void {
    if (this.#hasActor) return;
    this.#hasActor = true;
    const { events } = this.#system;
    const find = (name: string): ClusterTopic<unknown> | undefined => {
      const interest = this.#interests.get(name);
      return interest?.isWanted ? interest.topic : undefined;
    };
    const args = {
      find,
      tell: (topic: Topic<unknown>, event: unknown) => events.tell(topic, event),
      begin: () => this.#begin(),
      end: () => this.#end(),
    };
    this.#system.spawn(TopicsActor, args, { name: topicsPath.slice(1) });
    events.subscribe(systemTopics["node-down"], ({ node }) => this.#nodes?.nodeDown(node));
  }

  /** Also after the actor was restarted. */
  #begin(): void {
    if (!this.#closing.signal.aborted) return;
    this.#closing = new AbortController();
    for (const interest of this.#interests.values()) void this.#sync(interest);
  }

  #end(): void {
    this.#closing.abort();
    this.#nodes?.close();
    this.#nodes = undefined;
  }

  /** Until the directory says what is wanted, or the session is over and with it its entries. */
  async #sync(interest: Interest): Promise<void> {
    if (interest.isSyncing) return;
    interest.isSyncing = true;
    for (let failures = 0; interest.isWanted !== interest.isThere; ) {
      const { isWanted, topic } = interest;
      const { signal } = this.#closing;
      if (signal.aborted) break;
      try {
        await this.#session.opened;
        await this.#put(topic.name, isWanted);
        interest.isThere = isWanted;
        failures = 0;
      } catch (error) {
        if (this.#session.lost) break;
        failures += 1;
        if (failures === 1) this.#complain(topic.name, Failure.of(error));
        const { clock, timers } = this.#system;
        await sleepUntil(timers, clock.now() + retryMs(failures), signal).catch(() => {});
      }
    }
    interest.isSyncing = false;
  }

  async #put(topic: string, isWanted: boolean): Promise<void> {
    const { directory, node } = this.#session;
    const key = listeningKey(topic, node.name);
    if (!isWanted) await directory.remove({ key, expect: "any" });
    else await directory.put({ key, value: null, session: node, expect: "any" });
  }

  #complain(topic: string, { code, detail }: Failure): void {
    const text = `${formatNode(this.#system.node)} cannot tell others yet whether it listens to ${topic}: ${detail}`;
    this.#system.log.write("warn", "/", text, { code });
  }
}
