// What people write of a task that has parts of its own. Between nodes a newer release may say more than an
// older one knows; in what somebody has written, an unknown word is a slip of the pen, and is refused.
import Type from "typebox";
import { MachineDemand } from "./machine-demand.ts";
import { RetryPolicy } from "./task.ts";

const closed = { additionalProperties: false } as const;

export const WrittenMachine = Type.Object(MachineDemand.properties, closed);
export const WrittenRetry = Type.Object(RetryPolicy.properties, closed);
