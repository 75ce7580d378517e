// Which message an actor's context speaks of: the one whose handler runs, or the only one that awaits.
import type { Call } from "./call.ts";
import type { Householder } from "./household.ts";
import { Letter, type Origin } from "./origin.ts";

/** The handler in progress: the one in the focus, or the only one that awaits something. */
export function callOf(cell: Householder): Call | undefined {
  const { focus } = cell.kind.host;
  if (focus.cell?.uid === cell.uid) return focus.theCall();
  return cell.household?.handling.only;
}

/** What the actor sends itself belongs to the trace of the message in progress. */
export function tracedBy(cell: Householder, method: string): Origin | undefined {
  const { focus, observer } = cell.kind.host;
  const isHere = focus.cell?.uid === cell.uid;
  const inProgress = isHere ? focus : cell.household?.handling.only;
  if (inProgress === undefined) return undefined;
  const { origin, token } = inProgress;
  const trace = observer?.sending(cell, method, token) ?? origin?.trace;
  return trace && new Letter({ trace });
}
