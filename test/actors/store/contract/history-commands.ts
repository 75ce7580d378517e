// Histories as data: what workers, users and time do to a store, drawn at random. A command names what
// it is about by a number, which is taken modulo what there is when its turn comes; so every part of a
// history is a history, and a failing one can be made shorter.
import fc from "fast-check";
import { stepsType } from "#protocols/tasks/steps.ts";
import type { FailureClass } from "#protocols/tasks/store.ts";

export const workersCount = 4;
export const queueNames = ["default", "narrow", "fair"] as const;
const users = ["ada", "bob", undefined] as const;

export type HistoryCommand =
  | {
      readonly kind: "submit";
      readonly type: string;
      readonly queue: string;
      readonly model: string;
      readonly priority: number;
      readonly userId: string | undefined;
      readonly key: number | undefined;
      readonly parent: number | undefined;
      readonly delayMs: number | undefined;
      readonly deadlineMs: number | undefined;
      readonly queueDeadlineMs: number | undefined;
      readonly timeoutMs: number | undefined;
      readonly maxRetries: number;
      readonly size: number;
      readonly isEvictable: boolean;
      readonly tag: string | undefined;
    }
  | { readonly kind: "claim"; readonly worker: number; readonly max: number; readonly tag: string }
  /** A worker does something with what it holds; whichever of those that hold anything. */
  | { readonly kind: "complete" | "release"; readonly worker: number; readonly pick: number }
  | {
      readonly kind: "fail";
      readonly worker: number;
      readonly pick: number;
      readonly class: FailureClass;
    }
  | {
      readonly kind: "progress";
      readonly worker: number;
      readonly pick: number;
      readonly progress: number;
    }
  | {
      readonly kind: "ask";
      readonly worker: number;
      readonly pick: number;
      readonly step: number;
      readonly mode: "hold" | "park";
      readonly onTimeout: "proceed" | "reject" | "fail";
    }
  | { readonly kind: "answer"; readonly pick: number; readonly decision: "proceed" | "reject" }
  /** A worker renews what it holds. */
  | { readonly kind: "beat"; readonly worker: number }
  /** A worker dies: it beats no more, and its successor knows nothing. */
  | { readonly kind: "kill"; readonly worker: number }
  /** Somebody noticed that a worker is gone, or holds only some. */
  | { readonly kind: "releaseNode"; readonly worker: number; readonly keeps: number }
  /** A worker that was frozen long ago commits under any lease that was ever given. */
  | {
      readonly kind: "zombie";
      readonly pick: number;
      readonly act: "complete" | "fail" | "release";
    }
  | { readonly kind: "cancel"; readonly pick: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "sweep" }
  | {
      readonly kind: "settings";
      readonly queue: string;
      readonly isPaused: boolean;
      readonly pendingMax: number;
      readonly whenFull: "reject" | "evict_lowest" | "block";
    }
  | { readonly kind: "look"; readonly pick: number }
  | { readonly kind: "reopen" };

type Duration = fc.Arbitrary<number>;

const pick = fc.nat({ max: 999 });
const worker = fc.nat({ max: workersCount - 1 });
/** Undefined so many times as often as not. */
const maybe = <T>(value: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: times, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);
const submitWithin = (short: Duration, long: Duration) =>
  fc.record({
    kind: kind("submit"),
    type: fc.constantFrom("inpaint", "inpaint", stepsType),
    queue: fc.constantFrom("narrow", ...queueNames),
    model: fc.constantFrom("lama", "lama", "mat"),
    priority: fc.integer({ min: 0, max: 9 }),
    userId: fc.constantFrom(...users),
    key: maybe(fc.nat({ max: 5 }), 2),
    parent: maybe(pick, 6),
    delayMs: maybe(short, 4),
    deadlineMs: maybe(long, 4),
    queueDeadlineMs: maybe(short, 5),
    timeoutMs: maybe(short, 4),
    maxRetries: fc.nat({ max: 3 }),
    size: fc.constantFrom(0, 1, 100),
    isEvictable: fc.constantFrom(true, true, true, false),
    tag: maybe(fc.constantFrom("ssd", "gpu"), 5),
  });

const failureClass = fc.constantFrom<FailureClass>(
  ...(["network", "network", "resource", "node_lost", "timeout"] as const),
  ...(["model", "validation", "internal", "cancelled"] as const),
);

function anyCommand(): fc.Arbitrary<HistoryCommand> {
  const upTo = (ms: number): Duration => fc.integer({ min: 1, max: ms });
  const short = upTo(40_000);
  const moments = [1, 999, 1_000, 10_000, 20_000];
  return fc.oneof(
    { weight: 36, arbitrary: submitWithin(short, upTo(90_000)) },
    {
      weight: 18,
      arbitrary: fc.record({
        ...{ kind: kind("claim"), worker, max: fc.constantFrom(1, 1, 1, 2, 4) },
        tag: fc.constantFrom("none", "ssd", "gpu"),
      }),
    },
    { weight: 10, arbitrary: fc.record({ kind: kind("complete"), worker, pick }) },
    { weight: 4, arbitrary: fc.record({ kind: kind("release"), worker, pick }) },
    { weight: 8, arbitrary: fc.record({ kind: kind("fail"), worker, pick, class: failureClass }) },
    {
      weight: 3,
      arbitrary: fc.record({
        ...{ kind: kind("progress"), worker, pick },
        progress: fc.constantFrom(0, 0.25, 0.5, 1),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        ...{ kind: kind("ask"), worker, pick, step: fc.nat({ max: 2 }) },
        mode: fc.constantFrom<"hold" | "park">("hold", "park"),
        onTimeout: fc.constantFrom<"proceed" | "reject" | "fail">("proceed", "reject", "fail"),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        ...{ kind: kind("answer"), pick },
        decision: fc.constantFrom<"proceed" | "reject">("proceed", "reject"),
      }),
    },
    { weight: 8, arbitrary: fc.record({ kind: kind("beat"), worker }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("kill"), worker }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: kind("releaseNode"), worker, keeps: fc.nat({ max: 2 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        ...{ kind: kind("zombie"), pick },
        act: fc.constantFrom<"complete" | "fail" | "release">("complete", "fail", "release"),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: kind("cancel"), pick }) },
    {
      weight: 16,
      arbitrary: fc.record({
        kind: kind("pass"),
        ms: fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...moments) },
          { weight: 6, arbitrary: short },
          { weight: 1, arbitrary: fc.constantFrom(70_000_000, 90_000_000) },
        ),
      }),
    },
    { weight: 10, arbitrary: fc.record({ kind: kind("sweep") }) },
    {
      weight: 3,
      arbitrary: fc.record({
        ...{ kind: kind("settings"), queue: fc.constantFrom(...queueNames) },
        isPaused: fc.constantFrom(false, false, false, true),
        pendingMax: fc.integer({ min: 1, max: 8 }),
        whenFull: fc.constantFrom<"reject" | "evict_lowest" | "block">(
          ...(["reject", "evict_lowest", "evict_lowest", "block"] as const),
        ),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: kind("look"), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: kind("reopen") }) },
  );
}

/** Exactly so many commands; in a shorter version of a history some are null. */
export const historyOf = (
  commandsCount: number,
): fc.Arbitrary<readonly (HistoryCommand | null)[]> =>
  fc.array(fc.option(anyCommand(), { freq: 1_000 }), {
    minLength: commandsCount,
    maxLength: commandsCount,
  });
