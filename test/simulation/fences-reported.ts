// Who has last told a simulated store something of a task, for bugs that are planted into what it makes of that.
import type { TestContext } from "node:test";
import type { StoreCommand } from "#actors/store/backend.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import { LoggedTaskStore } from "./tasks/logged-task-store.ts";

export type Reporting = "complete" | "fail" | "confirmRequest" | "release";

/** By task the fence of whoever has last reported so. */
export function fencesReported(
  mock: TestContext["mock"],
  method: Reporting,
): ReadonlyMap<string, number> {
  const reported = new Map<string, number>();
  const { call } = LoggedTaskStore.prototype;
  mock.method(
    LoggedTaskStore.prototype,
    "call",
    function (this: LoggedTaskStore, command: Parameters<typeof call>[0]) {
      const lease = command.method === method ? leaseOf(command) : undefined;
      if (lease) reported.set(lease.taskId, lease.fence);
      return call.call(this, command);
    },
  );
  return reported;
}

function leaseOf(command: StoreCommand): LeaseRef | undefined {
  switch (command.method) {
    case "complete":
    case "fail":
    case "confirmRequest":
      return command.args[0].lease;
    case "release":
      return command.args[0];
    default:
      return undefined;
  }
}
