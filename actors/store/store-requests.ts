// The store's protocol with schemas for every argument: what the writer thread is given has passed
// them, wherever the request came from.
import Type from "typebox";
import { limits } from "#protocols/limits.ts";
import { TaskStore } from "#protocols/tasks/store.ts";
import { LeaseRef, TaskResult, TaskSubmission } from "#protocols/tasks/task.ts";

const Name = Type.String({ minLength: 1, maxLength: 64 });
const LeaseMs = Type.Integer({ minimum: 1, maximum: 24 * 3_600_000 });
const Leases = Type.Array(LeaseRef, { maxItems: 10_000 });
const CountMax = Type.Integer({ minimum: 1, maximum: limits.storeBatchItemsMax });

export const StoreRequests = TaskStore.checked({
  submit: [TaskSubmission],
  claim: [
    Type.Object({
      node: Name,
      incarnation: Type.Integer({ minimum: 1 }),
      models: Type.Array(Name, { maxItems: 256 }),
      max: CountMax,
      leaseMs: LeaseMs,
    }),
  ],
  renew: [Type.Object({ node: Name, leases: Leases, leaseMs: LeaseMs })],
  complete: [Type.Object({ lease: LeaseRef, result: TaskResult })],
  fail: [
    Type.Object({
      lease: LeaseRef,
      failure: Type.Object({
        code: Name,
        detail: Type.String({ maxLength: 16_384 }),
        isRetryable: Type.Boolean(),
      }),
    }),
  ],
  release: [Type.Object({ node: Name, except: Leases })],
  cancel: [Type.Object({ taskId: Name, reason: Type.String({ maxLength: 1024 }) })],
  sweep: [CountMax],
  view: [Name],
  outcome: [Name],
});
