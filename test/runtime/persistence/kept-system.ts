// A real system whose log is kept, and what tests of kept actors share.
import type { TestContext } from "node:test";
import type { LogLevel } from "#runtime/core/ports.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

export async function createSystem(t: TestContext) {
  const lines: { level: LogLevel; message: string }[] = [];
  const system = await startLocalSystem({
    log: { write: (level, _actor, message) => lines.push({ level, message }) },
    fatal: () => {},
  });
  t.after(() => system.stop());
  return { system, lines };
}

export const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

/** Looks again each turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
