// A node that ends in order gives its actors away first: they go on elsewhere, and nobody hears of it.
import { Failure } from "#protocols/failure.ts";
import type { ActorSystem } from "#runtime/core/system.ts";

/** In `finish-work`, for at most so many milliseconds. Fails with `invalid` for a time that is none. */
export function drainAtShutdown(system: ActorSystem, msMax: number): void {
  if (!Number.isFinite(msMax) || msMax <= 0) {
    const text = `drainMs is ${msMax}; give the milliseconds that moving actors away may take, or leave it out`;
    throw new Failure("invalid", text);
  }
  system.onShutdown("finish-work", "moving actors away", async (phaseMs) => {
    const { moved, stayed } = await system.drain(Math.min(msMax, phaseMs * drainShare));
    const text = `${moved} actors went to other nodes, ${stayed.length} end with this one`;
    const whys = stayed.slice(0, shownMax).map(({ ref, why }) => `${ref.$.address.path}: ${why}`);
    system.log.write("info", "/system/moving", text, { stayed: whys });
  });
}

/** Of the phase's time, so that what is under way then has an end. */
const drainShare = 0.9;
/** Actors that stayed, in the log. */
const shownMax = 20;
