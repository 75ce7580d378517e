// What the command line makes of the answers of a real gateway that are refusals.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayClient } from "#nodes/cli/gateway-client.ts";
import { detailIn } from "#nodes/cli/told-refusal.ts";
import { apiOn } from "../../actors/gateway/api-bench.ts";
import { textFile } from "../../actors/queue/queue-bench.ts";
import { leaseOf } from "../../actors/queue/queue-fixture.ts";

test("a picture whose model hands back something else has failed, and is not called forgotten", async (context) => {
  const { gateway, queue, worker } = await apiOn(context);
  const finder = await worker("finder", { models: ["finder"] });
  const client = new GatewayClient((await gateway.address()).url);
  const form = new FormData();
  form.append("task", JSON.stringify({ type: "inpaint", model: "finder" }));
  form.append("image", new Blob(["picture"]), "image");
  const { taskId } = await client.submit(form, "one");
  const lease = leaseOf(await finder.next());
  const files = [textFile("mask", "m"), textFile("boxes", "[]")];
  await queue.complete({ node: "finder", lease, result: { figures: {}, files } });
  const ending = await client.repairedBy(taskId, 20);
  assert.deepEqual(ending, {
    kind: "failed",
    code: "not_found",
    detail: `the gateway answered 404: the result of task ${taskId} has no file "image"; its files are: mask, boxes`,
  });
  await assert.rejects(client.repairedBy("unknown", 0), {
    code: "not_found",
    detail: /^the gateway answered 404: There is no task unknown; write its id as it was told\.$/,
  });
});

test("of a refusal in JSON the detail is told, and of all else the text as it is", () => {
  assert.equal(
    detailIn('{"error":{"code":"invalid","detail":"it is \\"odd\\""}}\n'),
    'it is "odd"',
  );
  for (const other of ["", "busy", "{}", "[]", '{"error":"busy"}', '{"error":{"detail":7}}']) {
    assert.equal(detailIn(other), undefined, other);
  }
});
