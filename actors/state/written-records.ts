// What the writer left in the copy of nodes, queues and counts last: what differs from it is written, and the
// checksums over all of it stand in `meta`, for those who read.
import type { StoreCut } from "#protocols/tasks/task-records.ts";
import {
  countCommands,
  forgetCommands,
  type MirrorCommand,
  nodeCommands,
  type PlanPlace,
  queueCommands,
  wordsOf,
} from "./mirror-plan.ts";
import {
  countsName,
  recordName,
  type SealedPart,
  sealedParts,
  sealFieldOf,
  sealOf,
  sealOfAll,
} from "./mirror-seals.ts";

export class WrittenRecords {
  /** By what they are called. */
  readonly #written = new Map<string, { readonly text: string; readonly seal: string }>();

  clear(): void {
    this.#written.clear();
  }

  /** What became of nodes, queues and counts since they were written last. */
  differences(place: PlanPlace, { counts, nodes, queues }: StoreCut): MirrorCommand[] {
    const now = new Map<string, MirrorCommand[]>();
    const differs = (name: string, record: object, commands: () => MirrorCommand[]): void => {
      const text = JSON.stringify(record);
      const isSame = this.#written.get(name)?.text === text;
      now.set(name, isSame ? [] : commands());
      if (!isSame) this.#written.set(name, { text, seal: sealOf(name, wordsOf(record)) });
    };
    for (const node of nodes) {
      differs(recordName("node", node.node), node, () => nodeCommands(place, node));
    }
    for (const queue of queues) {
      differs(recordName("queue", queue.queue), queue, () => queueCommands(place, queue));
    }
    if (counts) differs(countsName, counts, () => countCommands(place, counts));
    const commands = [...now.values()].flat();
    for (const name of this.#written.keys()) {
      if (now.has(name)) continue;
      this.#written.delete(name);
      const [kind = "", id = ""] = name.split(" ");
      if (kind === "node" || kind === "queue") commands.push(...forgetCommands(place, kind, id));
    }
    return commands;
  }

  /** Fields of `meta`. */
  seals(): Readonly<Record<string, string>> {
    const sealOfPart = (part: SealedPart): string => {
      const own = [...this.#written].filter(([name]) => name.startsWith(`${part} `));
      return sealOfAll(own.map(([name, { seal }]) => [name, seal] as const));
    };
    return Object.fromEntries(sealedParts.map((part) => [sealFieldOf(part), sealOfPart(part)]));
  }
}
