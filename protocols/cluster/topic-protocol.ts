// How an event of a topic reaches the listeners of another node: one message a node.
import Type from "typebox";
import { protocol, tell } from "../protocol.ts";

export interface TopicService {
  published(topic: string, event: unknown): void;
}

/** Where it lives on each node that listens. */
export const topicsPath = "/topics";

/** Of a topic of the cluster; it is part of a key of the directory. */
export const topicNamePattern = /^[A-Za-z0-9._-]{1,128}$/;

export const TopicService = protocol<TopicService>("troupe.Topics@1", { published: tell }).checked({
  published: [Type.String({ minLength: 1, maxLength: 128 }), Type.Unknown()],
});
