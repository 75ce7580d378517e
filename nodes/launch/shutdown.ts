// Signals that ask a process to end: the first one politely, the second one insistently.
// npm and the terminal both pass Ctrl-C on, so what follows within half a second is the same press.
import { performance } from "node:perf_hooks";

export const shutdownSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type ShutdownSignal = (typeof shutdownSignals)[number];

const samePressMs = 500;

export interface ShutdownHandlers {
  first(signal: ShutdownSignal): void;
  again(signal: ShutdownSignal): void;
}

/** Listens until the returned function is called. */
export function onShutdown(
  handlers: ShutdownHandlers,
  signals: readonly ShutdownSignal[] = shutdownSignals,
): () => void {
  let firstAtMs: number | undefined;
  const hear = (signal: ShutdownSignal): void => {
    const nowMs = performance.now();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      handlers.first(signal);
    } else if (nowMs - firstAtMs >= samePressMs) {
      handlers.again(signal);
    }
  };
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.off(signal, hear);
  };
}

/** What shells report for a process that a signal ended. */
export const exitCodeOf = (signal: ShutdownSignal): number =>
  128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal];
