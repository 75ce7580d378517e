// The numbered events of channels: read on from where a reader stood, or told that it must begin anew.
import type { EventPage, EventTail, NewEvent } from "#protocols/tasks/task-events.ts";
import type { StoreContext } from "../store-context.ts";

/** The numbers that they bear in their channels. */
export const appendEvents = (
  { shelf, nowMs }: StoreContext,
  events: readonly NewEvent[],
): readonly number[] => events.map((event) => shelf.append(event, nowMs).seq);

export function readEvents(
  { shelf }: StoreContext,
  request: { readonly channel: string; readonly afterSeq: number; readonly limit: number },
): EventPage {
  const { channel, afterSeq, limit } = request;
  const head = shelf.head(channel);
  const isTrimmed = afterSeq < head && afterSeq + 1 < shelf.firstKept(channel);
  return { events: shelf.events(channel, afterSeq, limit), head, isTrimmed };
}

export const tailEvents = (
  { shelf }: StoreContext,
  { afterEventId, limit }: { readonly afterEventId: number; readonly limit: number },
): EventTail => {
  const events = shelf.tail(afterEventId, limit);
  const isAll = events.length < limit;
  const upTo = isAll ? shelf.lastEventId() : (events.at(-1)?.eventId ?? afterEventId);
  // Ids are dense: one that is not there is not kept any more.
  return { events, upTo, isTrimmed: upTo - afterEventId > events.length };
};
