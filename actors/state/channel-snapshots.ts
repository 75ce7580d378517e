// What a channel tells of, as it is now: where a subscriber begins that cannot go on from its own number.
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { ChannelSnapshot } from "#protocols/tasks/state.ts";
import {
  channelKindOf,
  channelSubject,
  type SystemFigures,
} from "#protocols/tasks/state-notices.ts";

const userTasksMax = 100;
const userQuestionsMax = 100;

export interface SnapshotSources {
  readonly store: Ref<Store>;
  readonly figures: () => Promise<SystemFigures>;
}

export async function channelSnapshot(
  channel: string,
  { store, figures }: SnapshotSources,
): Promise<ChannelSnapshot> {
  const kind = channelKindOf(channel);
  const subject = channelSubject(channel);
  switch (kind) {
    case "task":
      return { kind, task: await store.view(subject) };
    case "user": {
      const [{ tasks }, confirmations] = await Promise.all([
        store.list({ userId: subject, limit: userTasksMax }),
        store.confirmations({ userId: subject, limit: userQuestionsMax }),
      ]);
      return { kind, tasks, confirmations };
    }
    case "node":
      return { kind, node: await store.node(subject) };
    case "queue": {
      const queues = await store.queues();
      return { kind, queue: queues.find(({ queue }) => queue === subject) ?? null };
    }
    case "system":
      return { kind, figures: await figures() };
    case "room":
    case undefined:
      return { kind: "room" };
    default:
      return kind satisfies never;
  }
}
