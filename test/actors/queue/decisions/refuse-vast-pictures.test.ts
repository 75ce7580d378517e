// What claims to be larger than any engine decodes, on its way into the queue.
import assert from "node:assert/strict";
import { test } from "node:test";
import { demandOf } from "#actors/queue/decisions/demand.ts";
import { refuseVastPictures } from "#actors/queue/decisions/refuse-vast-pictures.ts";
import { QueueDesk } from "#actors/queue/queue-desk.ts";
import { QueueRulebook } from "#actors/queue/queue-rulebook.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { stepsModel, stepsType } from "#protocols/tasks/steps.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { workKinds } from "#protocols/tasks/work-kinds.ts";
import { pngOf, submissionOf } from "../queue-bench.ts";

const fileOf = (name: string, width: number, height: number) => ({
  ...{ name, contentType: "image/png" },
  bytes: pngOf(width, height),
});
const image = (width: number, height = 1_000) => fileOf("image", width, height);

const isBadImage = (cause: unknown): boolean =>
  cause instanceof Failure && cause.code === "bad_image";

/** As it goes to the first queue that is asked. */
function routeOf(desk: QueueDesk, submission: TaskSubmission): TaskSubmission {
  const [first] = desk.routes(submission, { slotsFor: () => 1, isBatching: () => false });
  return first ?? assert.fail("it is sent to no queue");
}

test("a picture of as many pixels as are decoded goes in, and one of more does not", () => {
  assert.equal(limits.imagePixelsMax, 50_000_000);
  for (const type of workKinds) {
    refuseVastPictures({ type, inputs: [image(50_000)] });
    assert.throws(() => refuseVastPictures({ type, inputs: [image(50_001)] }), isBadImage, type);
  }
});

test("the refusal names the file, what it claims and what is allowed", () => {
  const inputs = [image(8), fileOf("mask", 100_000, 1_000)];
  assert.throws(() => refuseVastPictures({ type: "inpaint", inputs }), {
    message:
      "bad_image: the mask has 100000000 pixels, as its first bytes say; at most 50000000 are decoded: send a smaller one",
  });
});

test("that it is to be made smaller saves no picture from being decoded first", () => {
  const parameters = { hdStrategy: "Resize", hdStrategyResizeLimit: 512 };
  const desk = new QueueDesk(new QueueRulebook().plan({ queues: [] }));
  const submission = submissionOf({ parameters, inputs: [image(50_001)] });
  assert.throws(() => routeOf(desk, submission), isBadImage);
});

test("an input of another type is no fault, and asks for no more than the largest picture", () => {
  const desk = new QueueDesk(new QueueRulebook().plan({ queues: [] }));
  const largest = demandOf(submissionOf({ type: "count-bytes", inputs: [image(50_000)] }));
  for (const side of [49_000, 2 ** 31 - 1]) {
    for (const type of ["count-bytes", "plugin:watermark"]) {
      const submission = submissionOf({ type, inputs: [image(side, side)] });
      const { machine } = routeOf(desk, submission);
      assert.deepEqual(machine, largest.machine, type);
      assert.equal(demandOf(submission).cost, 50);
    }
  }
});

test("steps are refused for what they are handed at once, and not for what another step hands them", () => {
  const desk = new QueueDesk(new QueueRulebook().plan({ queues: [] }));
  const routed = (steps: readonly object[]) =>
    routeOf(
      desk,
      submissionOf({
        ...{ type: stepsType, model: stepsModel, inputs: [image(50_001), fileOf("mask", 8, 8)] },
        parameters: { steps: JSON.stringify(steps) },
      }),
    );
  const fill = { name: "fill", type: "inpaint", model: "diffuse" };
  const count = { name: "count", type: "count-bytes", model: "m" };
  assert.throws(() => routed([fill]), isBadImage, "all files are its inputs");
  assert.throws(() => routed([count, { ...fill, inputs: [{ name: "image" }] }]), isBadImage);
  const renamed = { ...fill, inputs: [{ name: "a", file: "image" }] };
  assert.throws(() => routed([renamed]), isBadImage);
  routed([count]);
  routed([{ ...fill, inputs: [{ name: "mask" }] }]);
  routed([count, { ...fill, inputs: [{ name: "image", from: "count" }, { name: "mask" }] }]);
});
