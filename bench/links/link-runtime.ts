// What a contender of the links offers, and the works made of it: the same for all, so that counting
// and timing cost each the same.
//
//   this process                                 the other process
//   tell tell tell … how many? ───────────────►  counts, answers its count
//   ask(item) ◄───────────────────────────────►  answers the next number
import { Failure } from "#protocols/failure.ts";
import type { Done, Work } from "../core/contender.ts";
import { type Item, itemOf } from "./item.ts";

export type LinkWork =
  | "stream"
  | "ask 1"
  | "ask 64"
  | "ask 1024"
  | "ask beside bulk"
  | "ask after a cut"
  | "moves"
  | "moves at the most";

export interface LinkRuntime {
  /** Tells so many items; answers how many the other process counted of them. */
  stream?(count: number): Promise<number>;
  /** Asks so often, so many at a time. */
  converse?(order: Conversation): Promise<Done>;
  /** Asks one at a time for so many milliseconds, while large byte arrays take the same way. */
  besideBulk?(ms: number): Promise<Done>;
  /** Cuts the connections again and again, and measures from each healing to the first answer. */
  afterCuts?(ms: number): Promise<Done>;
  /** Moves an actor again and again under load, and measures its pauses; or what they are to be held against. */
  whileMoving?(ms: number): Promise<Done>;
}

export interface Conversation {
  readonly count: number;
  readonly inFlight: number;
}

/** Bytes of what goes beside the asks; the greatest payload that a link takes. */
export const bulkBytes = 64 * 1024 * 1024;

export type LinkWorks = Readonly<Record<LinkWork, Work>>;

/** `start` is called once a trial, with what the other process is to do. */
export function worksOf(start: (work: LinkWork) => Promise<LinkRuntime>): LinkWorks {
  const conversation = (work: LinkWork, inFlight: number): Work => {
    return async () => {
      const converse = offered(await start(work), "converse");
      return { run: (count) => converse({ count, inFlight }) };
    };
  };
  const moving = (work: LinkWork): Work => {
    return async () => {
      const whileMoving = offered(await start(work), "whileMoving");
      return { run: (ms) => whileMoving(ms) };
    };
  };
  return {
    stream: async () => {
      const stream = offered(await start("stream"), "stream");
      return { run: async (count) => ({ count: await stream(count) }) };
    },
    "ask 1": conversation("ask 1", 1),
    "ask 64": conversation("ask 64", 64),
    "ask 1024": conversation("ask 1024", 1_024),
    "ask beside bulk": async () => {
      const besideBulk = offered(await start("ask beside bulk"), "besideBulk");
      return { run: (ms) => besideBulk(ms) };
    },
    "ask after a cut": async () => {
      const afterCuts = offered(await start("ask after a cut"), "afterCuts");
      return { run: (ms) => afterCuts(ms) };
    },
    moves: moving("moves"),
    "moves at the most": moving("moves at the most"),
  };
}

function offered<K extends keyof LinkRuntime>(
  runtime: LinkRuntime,
  what: K,
): NonNullable<LinkRuntime[K]> {
  const method = runtime[what];
  if (method === undefined) throw new Failure("not_found", `the contender does no ${what}`);
  return method;
}

/** Lanes that ask anew after each answer. */
export async function conversed(
  order: Conversation,
  ask: (item: Item) => PromiseLike<number>,
): Promise<Done> {
  const latenciesMs: number[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < order.count) {
      const id = begun;
      begun += 1;
      const startedAt = performance.now();
      expectNext(id, await ask(itemOf(id)));
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: order.inFlight }, lane));
  return { count: latenciesMs.length, latenciesMs };
}

/** One ask at a time until the time is over, while `bulk` goes on and on. */
export async function conversedBeside(
  ms: number,
  ask: (item: Item) => PromiseLike<number>,
  bulk: (isOver: () => boolean) => Promise<void>,
): Promise<Done> {
  const latenciesMs: number[] = [];
  const endsAt = performance.now() + ms;
  const isOver = (): boolean => performance.now() >= endsAt;
  const carried = bulk(isOver);
  for (let id = 0; !isOver() || latenciesMs.length === 0; id += 1) {
    const startedAt = performance.now();
    expectNext(id, await ask(itemOf(id)));
    latenciesMs.push(performance.now() - startedAt);
  }
  await carried;
  return { count: latenciesMs.length, latenciesMs };
}

/** Milliseconds that nothing passes: both ends notice, and neither gives the other up. */
const cutMs = 300;

/** What is asked during a cut is answered some time after it has healed: that time is measured. */
export async function conversedAfterCuts(
  ms: number,
  ask: (item: Item) => PromiseLike<number>,
  line: { cut(): void; heal(): Promise<void> },
): Promise<Done> {
  const latenciesMs: number[] = [];
  const endsAt = performance.now() + ms;
  for (let id = 0; performance.now() < endsAt || latenciesMs.length === 0; id += 2) {
    expectNext(id, await ask(itemOf(id)));
    line.cut();
    await new Promise((resolve) => setTimeout(resolve, cutMs));
    const answer = ask(itemOf(id + 1));
    await line.heal();
    const startedAt = performance.now();
    expectNext(id + 1, await answer);
    latenciesMs.push(performance.now() - startedAt);
  }
  return { count: latenciesMs.length, latenciesMs };
}

function expectNext(id: number, answer: number): void {
  if (answer === id + 1) return;
  throw new Failure("invalid", `the answer to item ${id} was ${answer} instead of ${id + 1}`);
}

/** Messages that a producer sends before the event loop goes round. */
export const messagesPerTurn = 1_000;

/** Sends one by one; `turn` waits for whatever the contender has to say when it cannot take more. */
export async function told(
  count: number,
  tell: (item: Item) => unknown,
  turn: () => unknown = () => undefined,
): Promise<void> {
  for (let id = 0; id < count; ) {
    const end = Math.min(count, id + messagesPerTurn);
    for (; id < end; id += 1) tell(itemOf(id));
    await turn();
    await new Promise(setImmediate);
  }
}

/** The same where each tell answers a promise: the last of a turn says when the next may begin. */
export async function toldInTurns(
  count: number,
  tell: (item: Item) => Promise<unknown>,
): Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const next = (item: Item): void => {
    last = tell(item);
  };
  await told(count, next, () => last);
}

/** Looks again until all have been counted: not everybody keeps the order of tells and asks. */
export async function countedInAll(
  count: number,
  take: () => PromiseLike<number>,
): Promise<number> {
  const looksMax = 2_000;
  let counted = 0;
  for (let look = 0; counted < count && look < looksMax; look += 1) {
    counted += await take();
    if (counted < count) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return counted;
}
