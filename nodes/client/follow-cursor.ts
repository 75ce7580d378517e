// How far a follower of a channel is, and what the next page of the channel's log means for it. Pure.
//
// (epoch, seq) names an event for ever, and seq is dense: what follows has the next number, or it is said
// that something is missing. Another epoch is another store, whose numbers begin anew: it goes on at its head.
import type { Notice } from "#protocols/tasks/state-notices.ts";
import type { EventPage, StoreEvent } from "#protocols/tasks/task-events.ts";

export interface ChannelPosition {
  readonly epoch: string;
  /** Of the last event that was seen; 0: none. */
  readonly seq: number;
}

export type Followed =
  | ({ readonly kind: "event"; readonly epoch: string } & StoreEvent)
  /**
   * The events between `after` and what comes next are not to be had any more: look at the whole, as with
   * `task` or `getSystemStatus`, then go on. `epoch`: it is another store, or one that was restored.
   */
  | {
      readonly kind: "missed";
      readonly reason: "trimmed" | "epoch";
      readonly channel: string;
      readonly epoch: string;
      /** The last event that was seen before, in its epoch. */
      readonly after: ChannelPosition;
      /** The events that follow are behind this number of `epoch`. */
      readonly from: number;
    }
  /** Worth its newest value only: it has no number, and is not made up for. */
  | Extract<Notice, { readonly kind: "progress" | "figures" }>;

export interface Progress {
  readonly items: readonly Followed[];
  readonly position: ChannelPosition;
}

/** Beyond every number that a channel can have: whoever reads so learns its head, and no events. */
const behindAll = Number.MAX_SAFE_INTEGER;

/** What to read next from a log of that epoch: behind which number. Of another one, where it stands now. */
export const readsAfter = (position: ChannelPosition, epoch: string): number =>
  position.epoch === epoch ? position.seq : behindAll;

/** The page was read from a store of that epoch behind `readsAfter`. */
export function progressBy(
  position: ChannelPosition,
  read: { readonly channel: string; readonly epoch: string; readonly page: EventPage },
): Progress {
  const { channel, epoch, page } = read;
  const items: Followed[] = [];
  let seq = readsAfter(position, epoch);
  const missed = (reason: "trimmed" | "epoch", from: number): void => {
    items.push({ kind: "missed", reason, channel, epoch, after: position, from });
  };
  const first = page.events[0];
  // A log whose head is behind what was seen is not the one that was read, whatever it calls itself.
  const isOther = position.epoch !== epoch || page.head < position.seq;
  if (isOther) {
    // What it tells from its beginning may be what was seen in the other one: from now on, as a resume goes.
    seq = page.head;
    missed("epoch", seq);
  } else if (first !== undefined ? first.seq > seq + 1 : page.isTrimmed) {
    seq = first === undefined ? page.head : first.seq - 1;
    missed("trimmed", seq);
  }
  for (const event of page.events) {
    if (event.seq !== seq + 1) break;
    seq = event.seq;
    items.push({ kind: "event", epoch, ...event });
  }
  return { items, position: { epoch, seq } };
}
