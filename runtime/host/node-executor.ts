// The Executor port on Node.js: microtasks before IO, immediates after it.
import type { Executor } from "#runtime/core/ports.ts";

export const nodeExecutor: Executor = {
  soon: (task) => queueMicrotask(task),
  later: (task) => {
    setImmediate(task);
  },
};
