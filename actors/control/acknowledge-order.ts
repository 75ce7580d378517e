// Whether an order is to take effect still: its command may have ended while it lay unread, as with a
// process that stood still, and neither the order nor the time left of its ask says so. The store decides,
// which ended the command or keeps that somebody has it: so that what was told `timed_out` before is not done.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { ControlChannel, controlChannelName } from "#protocols/tasks/control.ts";
import type { ControlNoted } from "#protocols/tasks/control-records.ts";
import type { Context } from "#runtime/core/context.ts";

export interface AcknowledgedOrder {
  readonly commandId: string;
  readonly command: string;
}

type Asker = Pick<Context<unknown>, "lookup" | "log">;

/**
 * Resolves when the command is open and has been acknowledged: now carry it out. Fails with `cancelled` for one
 * that has ended, with `not_found` for one that nothing is kept of, with `unavailable` when nobody can say: then
 * do nothing. It costs a round trip to the control channel, and a commit of the store.
 */
export async function acknowledgeOrder(
  ctx: Asker,
  { commandId, command }: AcknowledgedOrder,
): Promise<void> {
  const noted = await asked(ctx, commandId).catch((cause: unknown) => {
    throw dropped(ctx, { commandId, command }, unknownOf(command, cause));
  });
  if (noted.kind === "noted") return;
  throw dropped(ctx, { commandId, command }, overOf(command, noted));
}

/** Bounded by itself: whoever sends the order again shares the answer to the first question. */
async function asked(ctx: Asker, commandId: string): Promise<ControlNoted> {
  const within = controlLimits.acknowledgeMsMax;
  const channel = await ctx.lookup(ControlChannel, controlChannelName, { within });
  return channel.$.with({ within }).acknowledge(commandId);
}

function dropped(ctx: Asker, { commandId, command }: AcknowledgedOrder, failure: Failure): Failure {
  ctx.log("warn", `${command} is not carried out: ${failure.detail}`, {
    code: failure.code,
    commandId,
  });
  return failure;
}

const overOf = (command: string, noted: Exclude<ControlNoted, { kind: "noted" }>): Failure =>
  noted.kind === "ended"
    ? new Failure("cancelled", `${command} was ${noted.status} before it was begun; issue it anew`)
    : new Failure("not_found", `nothing is kept of ${command} any more; issue it with a new id`);

const unknownOf = (command: string, cause: unknown): Failure =>
  new Failure(
    "unavailable",
    `the control channel does not say whether ${command} is open still (${Failure.of(cause).detail}); ask again`,
    cause,
  );
