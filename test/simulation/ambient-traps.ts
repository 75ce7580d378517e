// Keeps a simulated run from the clock, the timers and the chance of the machine it runs on: one use,
// and the same seed would not give the same run any more.
import { broken } from "./broken-promise.ts";

const traps: readonly (readonly [owner: object, name: string, member: string])[] = [
  [Date, "Date", "now"],
  [Math, "Math", "random"],
  [performance, "performance", "now"],
  [process, "process", "hrtime"],
  ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask"].map(
    (member) => [globalThis, "globalThis", member] as const,
  ),
];

/** Whoever reaches for one of them while `act` runs gets an error that names it. */
export function withoutAmbient<T>(act: () => T): T {
  const restores = traps.map(([owner, name, member]) => {
    const original = Object.getOwnPropertyDescriptor(owner, member);
    const trap = (): never => {
      throw broken(`${name}.${member} was used in a simulated run: take it through its port`);
    };
    Object.defineProperty(owner, member, { value: trap, configurable: true, writable: true });
    return () => {
      if (original) Object.defineProperty(owner, member, original);
      else Reflect.deleteProperty(owner, member);
    };
  });
  try {
    return act();
  } finally {
    for (const restore of restores) restore();
  }
}
