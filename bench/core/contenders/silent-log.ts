// Nothing that is measured writes a log: the terminal would be measured with it.
import type { Log } from "#runtime/core/ports.ts";

export const silent: Log = { write: () => {} };
