// A topic that reaches all nodes: subscribed to and published like any other.
import { type ArgumentSchema, refusalBy } from "#protocols/argument-check.ts";
import { topicNamePattern } from "#protocols/cluster/topic-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { type Topic, topic } from "#runtime/core/event-bus.ts";

export interface ClusterTopic<E> extends Topic<E> {
  readonly reach: "cluster";
  /** What is wrong with an event that came from another node. */
  readonly refuse: (event: unknown) => string | undefined;
}

/**
 * A topic of the whole cluster, by its name; its events are plain data, and checked by the schema when
 * they come from another node. Fails with `invalid` for a name that is none.
 */
export function clusterTopic<E>(name: string, schema?: ArgumentSchema): ClusterTopic<E> {
  if (!topicNamePattern.test(name)) {
    const text = `"${name.slice(0, 80)}" cannot name a topic of the cluster; use 1 to 128 of A-Z a-z 0-9 . _ -`;
    throw new Failure("invalid", text);
  }
  const refusal = schema === undefined ? undefined : refusalBy([schema]);
  return { ...topic<E>(name), reach: "cluster", refuse: (event) => refusal?.([event]) };
}

export const isClusterTopic = (of: Topic<unknown>): of is ClusterTopic<unknown> =>
  of.reach === "cluster" && "refuse" in of;
