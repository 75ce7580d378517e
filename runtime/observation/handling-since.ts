// For how long handlers have been in progress, as the flight recorder knows it: what `formatTree`
// shows beside their names.
import type { FlightRecorder } from "./flight-recorder.ts";

/**
 * A look-up by path and method, of what is open now. Costs a walk over the recorder's actors; make it
 * for one picture. Of several handlers of one name the newest counts.
 */
export function handlingSince(
  recorder: FlightRecorder,
  nowMs: number,
): (path: string, method: string) => number | undefined {
  const begins = new Map<string, number>();
  for (const actor of recorder.actors) {
    for (const event of recorder.eventsOf(actor)) {
      if (event.kind !== "handling" || event.end !== "open") continue;
      begins.set(`${actor.path} ${event.method}`, event.beginMs);
    }
  }
  return (path, method) => {
    const beginMs = begins.get(`${path} ${method}`);
    return beginMs === undefined ? undefined : Math.max(0, nowMs - beginMs);
  };
}
