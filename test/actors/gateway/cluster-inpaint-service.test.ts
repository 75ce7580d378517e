// Repairs that are refused before they are queued, or whose time is over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterInpaintService } from "#actors/gateway/cluster-inpaint-service.ts";
import type { InpaintOrder } from "#actors/gateway/inpaint-service.ts";
import type { ServedModels } from "#actors/gateway/served-models.ts";
import { Failure } from "#protocols/failure.ts";
import { completed } from "./stand-in-service.ts";

const order = (model?: string): InpaintOrder => ({
  ...{ parameters: {}, model, inputs: [], idempotencyKey: undefined, userId: undefined },
  ...{ signal: new AbortController().signal, trace: undefined },
});

function stage(served: Partial<ServedModels>, end?: Failure) {
  const submitted: string[] = [];
  const unused = (): Promise<never> => Promise.reject(new Error("this test does not ask for it"));
  const queue = {
    run: async ({ model }: { readonly model: string }) => {
      submitted.push(model);
      if (end) throw end;
      return completed(new Uint8Array(), "image/png");
    },
    submit: async ({ model }: { readonly model: string }) => {
      submitted.push(model);
      return { taskId: "task-1", isReplay: false, ack: "durable" as const };
    },
    ...{ view: unused, ending: unused, statistics: unused },
  };
  const service = new ClusterInpaintService(queue, {
    view: () => ({ cluster: "c", model: "lama", isDraining: false }),
    ...{ useModel: unused, now: () => 0, members: () => [], state: unused, stateReads: unused },
    scaling: async () => [],
    served: { refusal: async () => undefined, isOffered: async () => true, ...served },
  });
  return { service, submitted };
}

test("a model that nobody has is refused before anything is queued, for who waits and who does not", async () => {
  const asked: string[] = [];
  const { service, submitted } = stage({
    refusal: async (model) => {
      asked.push(model);
      return model === "lama" ? undefined : new Failure("invalid", `there is no model ${model}`);
    },
  });
  await assert.rejects(service.inpaint(order("lmaa")), { code: "invalid", detail: /lmaa/ });
  await assert.rejects(service.submit(order("lmaa")), { code: "invalid" });
  assert.deepEqual([submitted, service.inFlight], [[], 0]);
  await service.inpaint(order());
  await service.submit(order("lama"));
  assert.deepEqual(submitted, ["lama", "lama"]);
  assert.deepEqual(asked, ["lmaa", "lmaa", "lama", "lama"]);
});

test("when the time is over in waiting for a worker, that is what is said", async () => {
  const late = new Failure("timeout", "no answer within 120000 ms");
  const ends: readonly [isOffered: boolean | undefined, code: string, detail: RegExp][] = [
    [
      false,
      "unavailable",
      /^no worker offered the model big while .*; GET \/api\/models tells why/,
    ],
    [true, "timeout", /^no answer/],
    [undefined, "timeout", /^no answer/],
  ];
  for (const [isOffered, code, detail] of ends) {
    const { service } = stage({ isOffered: async () => isOffered }, late);
    await assert.rejects(service.inpaint(order("big")), { code, detail });
  }
  const { service } = stage({ isOffered: async () => false }, new Failure("conflict", "the key"));
  await assert.rejects(service.inpaint(order("big")), { code: "conflict" });
});
