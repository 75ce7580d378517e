// Keeps a run from the clock, the timers and the chance of the machine it runs on: one use, and the
// same seed would not give the same run any more. Two fences:
//
// - traps: who reads a clock, sets a timer, draws a number or waits for a file gets an `AmbientAccess`
//   on the spot;
// - a watch over what Node opens (files, sockets, processes): it cannot be stopped, but the run fails.
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { AmbientAccess, framesOf, isOfNode, placeOf } from "./ambient-access.ts";
import { ioRemedy, setTraps } from "./ambient-traps.ts";

/** What promises, microtasks and the pump of virtual time are made of. */
const harmless: ReadonlySet<string> = new Set([
  "PROMISE",
  "Immediate",
  "TickObject",
  "Microtask",
  "RANDOMBYTESREQUEST",
  "bound-anonymous-fn",
]);
const ownFiles = ["/ambient-guard.ts", "/ambient-traps.ts", "/ambient-access.ts"];
/** Stands in the stack of whatever printing opens. */
const printing = /node:internal\/(console|process\/(stdio|warning)|bootstrap)/;

/** Code of Node that hands a use on for whoever called it. */
const passesOn = /node:(internal\/)?crypto/;

/** So many uses are kept of one run; the first is what matters. */
const usesKeptMax = 20;

/** How many guarded runs are under way in this process, and how to end the guard. */
interface Guard {
  runs: number;
  readonly uses: AmbientAccess[];
  /** Who runs inside, promises and all. */
  readonly context: AsyncLocalStorage<true>;
  readonly lift: () => void;
}
const guards: Guard[] = [];

/**
 * Runs `act` and fails with `AmbientAccess` when anything in this process reached for the machine
 * meanwhile, even if it swallowed the error. Import what `act` needs before: loading opens files.
 */
export async function withoutAmbient<T>(act: () => T | Promise<T>): Promise<T> {
  const guard = guards[0] ?? raiseGuard();
  guard.runs += 1;
  try {
    const value = await guard.context.run(true, act);
    const [first] = guard.uses;
    if (first) throw first;
    return value;
  } finally {
    guard.runs -= 1;
    if (guard.runs === 0) {
      guards.length = 0;
      guard.lift();
    }
  }
}

function raiseGuard(): Guard {
  const uses: AmbientAccess[] = [];
  const report = (use: AmbientAccess): AmbientAccess => {
    if (uses.length < usesKeptMax) uses.push(use);
    return use;
  };
  const takeTrapsAway = setTraps((what, remedy) => {
    const frames = framesOf(new Error().stack, ownFiles);
    const frame = frames.find((candidate) => !passesOn.test(candidate));
    if (!isOfNode(frame)) throw report(new AmbientAccess(what, remedy, placeOf(frame)));
  });
  const context = new AsyncLocalStorage<true>();
  const hook = createHook({
    // An error thrown here would end the process.
    init(_id, type) {
      // Outside it is what Node opens by itself, for example for its test runner.
      if (harmless.has(type) || !context.getStore()) return;
      const stack = longStack();
      if (printing.test(stack)) return;
      const frames = framesOf(stack, ownFiles);
      const place = placeOf(frames.find((frame) => !isOfNode(frame)) ?? "");
      report(new AmbientAccess(type, ioRemedy, place));
    },
  });
  hook.enable();
  const guard: Guard = {
    runs: 0,
    uses,
    context,
    lift: () => {
      hook.disable();
      // A storage left enabled costs every later promise of the process a step, for ever.
      context.disable();
      takeTrapsAway();
    },
  };
  guards.push(guard);
  return guard;
}

/** Whoever opened a file stands behind many frames of Node's own. */
function longStack(): string {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = usual;
  return stack;
}
