// The Executor port on Node.js: microtasks before IO, immediates after it.
import type { Executor } from "#runtime/core/ports.ts";

const settled = Promise.resolve();

export const nodeExecutor: Executor = {
  // A third of the price of `queueMicrotask`, which keeps a resource for async_hooks.
  soon: (task) => {
    settled.then(task);
  },
  later: (task) => {
    setImmediate(task);
  },
};
