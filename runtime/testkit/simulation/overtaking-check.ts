// Checks that stops and notices are never stuck behind messages.
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";

/**
 * By `stopping`, `ended` and `watched`: an actor that is stopped handles no further message, and one
 * that watches another of its node handles none between that one's end and the notice of it.
 */
export const systemFirst: Check = () => {
  const stopping = new Map<string, number>();
  /** By watcher: subjects of its open watches, and of those the ones that have ended. */
  const watches = new Map<string, { readonly watcher: string; readonly subject: string }>();
  const owed = new Map<string, Map<string, number>>();
  return {
    name: "system first",
    saw(event) {
      switch (event.kind) {
        case "stopping":
          stopping.set(event.actor, event.id);
          return;
        case "watched":
          watches.set(event.watch, event);
          return;
        case "unwatched":
        case "terminated": {
          const watch = watches.get(event.watch);
          watches.delete(event.watch);
          if (watch) owed.get(watch.watcher)?.delete(event.watch);
          return;
        }
        case "ended":
          stopping.delete(event.actor);
          for (const [name, { watcher, subject }] of watches) {
            if (subject !== event.actor || nodeOf(watcher) !== nodeOf(subject)) continue;
            owed.set(watcher, (owed.get(watcher) ?? new Map()).set(name, event.id));
          }
          return;
        case "handled": {
          const { receiver, id } = event;
          const stopped = stopping.get(receiver);
          if (stopped !== undefined) {
            throw broken(`${receiver} handles a message after it was stopped`, [stopped, id]);
          }
          for (const [watch, ended] of owed.get(receiver) ?? []) {
            const text = `${receiver} handles a message before it hears of an end: ${watch}`;
            throw broken(text, [ended, id]);
          }
          return;
        }
        default:
      }
    },
  };
};

const nodeOf = (actor: string): string => actor.slice(0, actor.indexOf("/"));
