// What the channel's runs need, made of its context, the store and the executor.
import { Failure } from "#protocols/failure.ts";
import type { ControlAnswer } from "#protocols/tasks/control.ts";
import type { Context } from "#runtime/core/context.ts";
import { keptError } from "./command-answer.ts";
import type { CommandExecutor } from "./command-executor.ts";
import type { RunPorts } from "./command-runs.ts";
import type { ControlCounts } from "./control-counts.ts";
import type { ControlPeers } from "./control-peers.ts";
import { nameOf } from "./request-check.ts";

export interface RunParts {
  readonly ctx: Pick<Context<unknown>, "now" | "sleep" | "log">;
  readonly peers: ControlPeers;
  readonly executor: CommandExecutor;
  readonly counts: ControlCounts;
}

export const runPorts = ({ ctx, peers, executor, counts }: RunParts): RunPorts => ({
  counts,
  begin: async (planned) => {
    const { commandId, node, taskId, parameters, timeoutMs, isRead } = planned;
    const named = { commandId, command: nameOf(planned), issuedBy: planned.by };
    const begun = { ...named, node, taskId, parameters, timeoutMs, isRead };
    return (await peers.store()).beginControl(begun);
  },
  note: async (commandId, step) => (await peers.store()).noteControl({ commandId, step }),
  finish: async (answer) => (await peers.store()).finishControl(endOf(answer)),
  carryOut: (planned, progress) => executor.carryOut(planned, progress),
  setRight: async (planned) => {
    await executor.setRight(planned).catch((cause: unknown) => {
      const { commandId } = planned;
      ctx.log("warn", `what ${nameOf(planned)} left half done cannot be set right`, {
        ...Failure.of(cause).toData(),
        commandId,
      });
    });
  },
  now: () => ctx.now(),
  sleep: (ms) => ctx.sleep(ms),
  unkept: ({ commandId, command, status }, failure) =>
    ctx.log("warn", `how ${command} ended cannot be kept`, {
      ...failure.toData(),
      commandId,
      status,
    }),
});

function endOf({ commandId, status, response, error }: ControlAnswer) {
  if (status === "refused") {
    throw new Failure("internal", "what is refused was never begun, so that it has no end to keep");
  }
  return {
    commandId,
    status,
    ...(response === null ? {} : { response: JSON.stringify(response) }),
    ...(error === null ? {} : { error: keptError(error) }),
  };
}
