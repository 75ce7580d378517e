// Who follows a channel is told each of its events once and in order, as the store has kept it, over the
// ends of whoever tells.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { followedChannels, type HeardEvent, type Kept, readFact } from "./task-facts.ts";

export const toldDensely: Check = () => {
  const channels = new FollowedChannels();
  return {
    name: "told densely",
    saw(event) {
      if (event.kind !== "fact") return;
      if (event.name === "kept") channels.kept(readFact("kept", event.about));
      if (event.name === "follows") {
        const { channel, head } = readFact("follows", event.about);
        channels.begin(channel, head);
      }
      if (event.name !== "heard") return;
      const problem = channels.heard(readFact("heard", event.about));
      if (problem !== undefined) throw broken(problem, [event.id]);
    },
  };
};

const followed: ReadonlySet<string> = new Set(followedChannels);

class FollowedChannels {
  readonly #last = new Map<string, number>();
  /** Of tasks: what was kept, by channel and number. */
  readonly #kept = new Map<string, string>();

  kept({ events }: Kept): void {
    for (const { channel, seq, type, taskId } of events) {
      if (followed.has(channel)) this.#kept.set(`${channel} ${seq}`, `${type} of ${taskId}`);
    }
  }

  begin(channel: string, head: number): void {
    this.#last.set(channel, head);
  }

  heard({ channel, seq, type, taskId }: HeardEvent): string | undefined {
    const last = this.#last.get(channel);
    if (last === undefined) return `${channel} tells ${seq} before it was begun`;
    this.#last.set(channel, seq);
    if (seq !== last + 1) return `${channel} goes on from ${last} with ${seq}`;
    if (taskId === null) return undefined;
    const kept = this.#kept.get(`${channel} ${seq}`) ?? "nothing";
    const told = `${type} of ${taskId}`;
    return told === kept ? undefined : `${channel} tells ${told} as ${seq}, kept is ${kept}`;
  }
}
