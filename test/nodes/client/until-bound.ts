// Starts what listens where another has listened: the address may be taken for a moment longer.
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "#protocols/failure.ts";

export async function untilBound<T>(start: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await start();
    } catch (cause) {
      const { code, detail } = Failure.of(cause);
      if (code !== "unavailable" || !detail.includes("cannot listen")) throw cause;
      await pause(100);
    }
  }
}
