// Checks that a watcher hears of an end exactly once.
import { formatNode } from "#protocols/address.ts";
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";

interface Watch {
  readonly event: number;
  readonly node: string;
  readonly born: number;
  readonly watcher: string;
  readonly subject: string;
  heard: number | undefined;
}

/**
 * At most one notice for each watch, none after it was taken back, and at the end one for each whose
 * subject is over while the watcher lives on. Subjects are named by `referenceKey`, as in `ended`
 * events.
 */
export const terminatedOnce: Check = () => {
  const watches = new Map<string, Watch>();
  const over = new Set<string>();
  return {
    name: "terminated once",
    saw(event) {
      switch (event.kind) {
        case "watched": {
          const { watch, watcher, subject, node, incarnation: born, id } = event;
          watches.set(watch, { event: id, node, born, watcher, subject, heard: undefined });
          return;
        }
        case "unwatched":
          watches.delete(event.watch);
          return;
        case "terminated": {
          const watch = watches.get(event.watch);
          if (!watch) throw broken(`${event.watch} hears of an end that it does not watch`, []);
          if (watch.heard !== undefined) {
            throw broken(`${event.watch} hears twice of one end`, [watch.heard, event.id]);
          }
          watch.heard = event.id;
          return;
        }
        case "ended":
          over.add(event.actor);
          return;
        case "node-ended":
          over.add(formatNode({ name: event.node, incarnation: event.incarnation }));
          return;
        default:
      }
    },
    settled({ living }) {
      for (const [name, { event, node, born, watcher, subject, heard }] of watches) {
        if (over.has(watcher)) continue;
        if (heard !== undefined || living.get(node) !== born) continue;
        const ofNode = subject.split("/", 1)[0] ?? subject;
        if (!over.has(subject) && !over.has(ofNode)) continue;
        throw broken(`${name} never heard that ${subject} is over`, [event]);
      }
    },
  };
};
