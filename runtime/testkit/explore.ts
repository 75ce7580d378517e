// Runs a test under many orders of the same events, one for each seed, and says of the first order
// that breaks it how to run that one alone.
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { withoutAmbient } from "./ambient-guard.ts";
import { tellingRejections } from "./stray-rejections.ts";
import { createTestSystem, type TestSystem, type TestSystemOptions } from "./test-system.ts";

export interface ExploreTerms {
  /** Whether the test may use the machine's clock, timers and chance. Default: `forbidden`. */
  readonly ambient?: "forbidden" | "allowed";
  /** Of each system; `order` and `time` are the exploration's own. */
  readonly system?: Omit<TestSystemOptions, "order" | "time">;
}

export interface Exploration {
  readonly runs: number;
  /** Different orders among them. */
  readonly orders: number;
}

/** Set to a seed, it makes `explore` run that one alone. */
export const seedVariable = "TROUPE_SEED";

/** A test of more would not end in a working day. */
const seedsMax = 1_000_000;

/** Thrown for the first order that breaks the test; its cause is what the test threw. */
export class OrderFailure extends Error {
  readonly seed: number;
  /** What was chosen in that run: `createTestSystem({ order: { seed, choices } })` repeats it. */
  readonly choices: readonly number[];

  constructor(seed: number, choices: readonly number[], cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause);
    super(
      `seed ${seed} breaks the test, after ${choices.length} choices: ${text}\n` +
        `run this order alone: ${replayCommand(seed)}`,
      { cause },
    );
    this.name = "OrderFailure";
    this.seed = seed;
    this.choices = choices;
  }
}

/**
 * Runs `test` once for each seed (a count means 1 to so many), each time with a system of its own
 * whose actors have their turns in an order drawn from the seed. The system is stopped afterwards; a
 * root guardian that gave up fails the run, and so does a rejection that nobody looked at. Fails with `OrderFailure` at the first order that breaks
 * the test.
 */
export async function explore(
  seeds: number | readonly number[],
  test: (world: TestSystem) => void | Promise<void>,
  terms: ExploreTerms = {},
): Promise<Exploration> {
  const list = seedsOf(seeds);
  const guarded = terms.ambient === "allowed" ? asItIs : withoutAmbient;
  const orders = new Set<string>();
  // Guarded as a whole, so that the guard is raised once; and each run, so that the seed is known.
  await guarded(async () => {
    for (const seed of list) {
      const world = createTestSystem({ ...terms.system, order: { seed } });
      try {
        await guarded(() => runOnce(world, test));
      } catch (cause) {
        throw new OrderFailure(seed, world.choices, cause);
      }
      orders.add(createHash("sha256").update(world.choices.join()).digest("base64"));
    }
  });
  return { runs: list.length, orders: orders.size };
}

const asItIs = (act: () => Promise<void>): Promise<void> => act();

async function runOnce(
  world: TestSystem,
  test: (world: TestSystem) => void | Promise<void>,
): Promise<void> {
  const stray: unknown[] = [];
  await tellingRejections(
    (error) => stray.push(error),
    async () => {
      await test(world);
      await world.time.settle();
      await world.stop();
    },
  );
  const [fatal] = world.fatal;
  if (fatal) throw fatal;
  if (stray.length > 0) throw stray[0];
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const count = typeof seeds === "number" ? seeds : seeds.length;
  if (!(Number.isInteger(count) && count >= 1 && count <= seedsMax)) {
    throw new Failure("invalid", `explore runs 1 to ${seedsMax} seeds, not ${count}`);
  }
  const only = process.env[seedVariable];
  if (only !== undefined) {
    if (/^-?\d{1,15}$/.test(only)) return [Number(only)];
    throw new Failure("invalid", `${seedVariable} is a seed, a whole number, not "${only}"`);
  }
  if (typeof seeds !== "number") return seeds;
  return Array.from({ length: seeds }, (_, index) => index + 1);
}

function replayCommand(seed: number): string {
  const file = relative(process.cwd(), process.argv[1] ?? "");
  return `${seedVariable}=${seed} node --import tsx --test ${file}`;
}
