// How the StateManager speaks to the one who keeps a copy of the state for programs outside.
import { ask, protocol } from "#protocols/protocol.ts";
import type { MirrorStatus } from "#protocols/tasks/state-readings.ts";
import type { MirrorMoment } from "./mirror-moment.ts";

export interface Mirror {
  status(): MirrorStatus;
  /** Answers when all up to that event of that store is written, or when that cannot be waited for. */
  reach(moment: MirrorMoment): MirrorStatus;
}

export const Mirror = protocol<Mirror>("state.Mirror@1", {
  status: ask,
  reach: ask({ within: 5_000 }),
});
