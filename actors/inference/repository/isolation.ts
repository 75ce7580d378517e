// Pure. With whom a request is run that may be the cause of what went wrong: with nobody, since then nothing else
// can be to blame; and when it is in the way of others even so, behind them.
import type { EngineTurn, RunRequest } from "../engine-request.ts";

export type Isolation = Pick<EngineTurn, "isAlone" | "isAside" | "usualMs">;

const alone: Isolation = { isAlone: true };
const aside: Isolation = { isAlone: true, isAside: true };

export const isolationAtFirst = ({ isRetried }: RunRequest): Isolation => (isRetried ? alone : {});

/** A process has ended that had it. */
export const isolationAfter = (
  { isAlone }: Isolation,
  { usualMs }: { readonly usualMs?: number },
): Isolation => ({ ...(isAlone ? aside : alone), ...(usualMs === undefined ? {} : { usualMs }) });
