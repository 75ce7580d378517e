// What holds for the events of every store: numbers without gaps, one event for each transition in
// each channel that it concerns, and a story of each task that its state machine allows.
import { channelOf, type StoreEvent } from "#protocols/tasks/task-events.ts";
import { type TaskStatus, taskMoves, taskStatuses } from "#protocols/tasks/task-states.ts";
import type { Invariant } from "./evidence.ts";
import type { ObservedChannel } from "./observed-store.ts";

export const eventInvariants: Readonly<Record<string, Invariant>> = {
  "numbers of a channel are dense": ({ observed }) =>
    [...observed.channels].flatMap(([name, channel]) => gapsOf(name, channel)),
  "numbers of the store grow": ({ observed }) =>
    observed.tail.flatMap((event, index) => {
      const before = observed.tail[index - 1]?.eventId ?? 0;
      return event.eventId > before ? [] : [`${event.eventId} comes after ${before}`];
    }),
  "one event for each transition": ({ observed }) =>
    observed.tasks.flatMap(({ taskId, version }) => {
      const head = observed.channels.get(channelOf.task(taskId))?.head ?? 0;
      return head === version ? [] : [`${taskId} has ${version} transitions and ${head} events`];
    }),
  "a task's events reach its queue and its user": ({ observed }) =>
    observed.tasks.flatMap(({ taskId, queue, userId }) => {
      const own = observed.channels.get(channelOf.task(taskId));
      const users = userId === null ? [] : [channelOf.user(userId)];
      return [channelOf.queue(queue), ...users].flatMap((name) => {
        const other = observed.channels.get(name);
        if (!own || own.isTrimmed || !other || other.isTrimmed) return [];
        const told = other.events.filter((event) => event.taskId === taskId).map(typeOf);
        const expected = own.events.map(typeOf);
        const isSame = told.join() === expected.join();
        return isSame ? [] : [`${taskId}: ${expected.join()}; ${name} was told ${told.join()}`];
      });
    }),
  "a task's story is one that its states allow": ({ observed }) =>
    observed.tasks.flatMap(({ taskId, status }) => {
      const channel = observed.channels.get(channelOf.task(taskId));
      return channel && !channel.isTrimmed ? storyProblems(taskId, status, channel.events) : [];
    }),
  "the channels together are the store's sequence": ({ observed }) =>
    [...observed.channels].flatMap(([name, channel]) => {
      const kept = observed.tail.filter((event) => event.channel === name);
      const isSame = kept.map(idOf).join() === channel.events.map(idOf).join();
      return isSame ? [] : [`${name} reads otherwise than the tail of all channels`];
    }),
};

const typeOf = (event: StoreEvent): string => event.type;
const idOf = (event: StoreEvent): string => `${event.eventId}/${event.seq}`;

function gapsOf(name: string, { events, head, isTrimmed }: ObservedChannel): readonly string[] {
  const first = events[0]?.seq ?? head + 1;
  const problems = events.flatMap((event, index) =>
    event.seq === first + index
      ? []
      : [`${name}: ${event.seq} is at the place of ${first + index}`],
  );
  const last = events.at(-1)?.seq ?? head;
  if (last !== head) problems.push(`${name}: the last event is ${last}, the head ${head}`);
  if (!isTrimmed && first !== 1) problems.push(`${name}: begins at ${first}, said to be complete`);
  if (isTrimmed && first === 1) problems.push(`${name}: begins at 1, said to be trimmed`);
  return problems;
}

/** Where a task may be after an event that is not named after a state. */
const ledTo: Readonly<Record<string, readonly TaskStatus[]>> = {
  submitted: ["scheduled", "pending"],
  retried: ["scheduled", "pending"],
  lease_lost: ["scheduled", "pending"],
  released: ["pending"],
};
/** Events after which a task is where it was, or what they name besides. */
const stays: Readonly<Record<string, readonly TaskStatus[]>> = {
  cancel_requested: [],
  confirmation_requested: ["waiting_confirmation"],
  confirmed: ["pending"],
};

function storyProblems(
  taskId: string,
  status: TaskStatus,
  events: readonly StoreEvent[],
): readonly string[] {
  let here: readonly TaskStatus[] = [];
  for (const { type, seq } of events) {
    const next = seq === 1 ? (ledTo.submitted ?? []) : here.flatMap((from) => after(from, type));
    if (seq === 1 && type !== "submitted") return [`${taskId} began with ${type}`];
    if (next.length === 0) return [`${taskId} was ${here.join(" or ")} when ${type} came`];
    here = next;
  }
  return here.includes(status)
    ? []
    : [`${taskId} is ${status}, by its events ${here.join(" or ")}`];
}

function after(from: TaskStatus, type: string): readonly TaskStatus[] {
  // How it is described says nothing of where it is, also when it has ended.
  if (type === "amended") return [from];
  const named = taskStatuses.filter((status) => status === type);
  const moved = [...named, ...(ledTo[type] ?? []), ...(stays[type] ?? [])];
  const isHere = stays[type] !== undefined && taskMoves[from].length > 0;
  return [...moved.filter((to) => taskMoves[from].includes(to)), ...(isHere ? [from] : [])];
}
