// Which word of a worker a simulated store makes something of just now, for bugs that are planted into that.
import type { TestContext } from "node:test";
import type { StoreCommand } from "#actors/store/backend.ts";
import { MemoryShelf } from "#actors/store/memory/memory-shelf.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import { LoggedTaskStore } from "./tasks/logged-task-store.ts";

export type Telling = "fail" | "confirmRequest" | "release";

/** The lease under which it was told; undefined while nothing of the kind is under way. */
export function toldUnderWay(
  mock: TestContext["mock"],
  method: Telling,
): { readonly lease: LeaseRef | undefined } {
  const told: { lease: LeaseRef | undefined } = { lease: undefined };
  let isPerforming = false;
  const { undoable } = MemoryShelf.prototype;
  mock.method(MemoryShelf.prototype, "undoable", function <T>(this: MemoryShelf, act: () => T): T {
    isPerforming = true;
    try {
      return undoable.call(this, act) as T;
    } finally {
      isPerforming = false;
      told.lease = undefined;
    }
  });
  // Whoever looks for the task of a lease looks at its epoch first.
  const watched = (lease: LeaseRef): LeaseRef => ({
    ...lease,
    get epoch() {
      if (isPerforming) told.lease = lease;
      return lease.epoch;
    },
  });
  const { call } = LoggedTaskStore.prototype;
  mock.method(
    LoggedTaskStore.prototype,
    "call",
    function (this: LoggedTaskStore, command: Command) {
      return call.call(this, command.method === method ? withLease(command, watched) : command);
    },
  );
  return told;
}

type Command = Parameters<LoggedTaskStore["call"]>[0];

function withLease(command: StoreCommand, watched: (lease: LeaseRef) => LeaseRef): StoreCommand {
  switch (command.method) {
    case "fail": {
      const [report] = command.args;
      return { ...command, args: [{ ...report, lease: watched(report.lease) }] };
    }
    case "confirmRequest": {
      const [request] = command.args;
      return { ...command, args: [{ ...request, lease: watched(request.lease) }] };
    }
    case "release":
      return { ...command, args: [watched(command.args[0])] };
    default:
      return command;
  }
}
