// A service for tests of the routes: answers as it is told and remembers what it was asked.

import type {
  ClusterStatus,
  InpaintOrder,
  InpaintService,
  Readiness,
} from "#actors/gateway/inpaint-service.ts";
import { Failure } from "#protocols/failure.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskOutcome, TaskView } from "#protocols/tasks/task.ts";

export class StandInService implements InpaintService {
  readonly orders: InpaintOrder[] = [];
  model = "diffuse";
  offered: readonly string[] = ["cv2", "diffuse"];
  missing: readonly string[] = [];
  tasks: readonly TaskView[] = [];
  endings: readonly TaskOutcome[] = [];
  /** What the next repairs end with. */
  answer: (order: InpaintOrder) => TaskOutcome | Promise<TaskOutcome> = () => {
    throw new Failure("unavailable", "this test has not said what to answer");
  };

  async inpaint(order: InpaintOrder): Promise<TaskOutcome> {
    this.orders.push(order);
    return this.answer(order);
  }

  async submit(order: InpaintOrder): Promise<SubmitReceipt> {
    this.orders.push(order);
    return { taskId: "task-1", isReplay: false, ack: "durable" };
  }

  async task(taskId: string): Promise<TaskView | null> {
    return this.tasks.find((task) => task.taskId === taskId) ?? null;
  }

  async ending(taskId: string): Promise<TaskOutcome> {
    const ending = this.endings.find((outcome) => outcome.taskId === taskId);
    if (ending) return ending;
    throw new Failure("not_found", `this test has not said how ${taskId} ended`);
  }

  async models(): Promise<readonly string[]> {
    return this.offered;
  }

  async useModel(model: string): Promise<void> {
    this.model = model;
  }

  async readiness(): Promise<Readiness> {
    return { isReady: this.missing.length === 0, missing: this.missing, ack: "durable" };
  }

  async status(): Promise<ClusterStatus> {
    return {
      cluster: "test",
      uptimeMs: 1234,
      model: this.model,
      models: this.offered,
      nodes: [],
      members: [],
      scaling: [],
      queue: null,
      state: null,
      stateReads: null,
      gateway: { inFlight: 0, isDraining: false },
      problems: [],
    };
  }
}

/** A task that ended well, with these bytes as its result. */
export const completed = (bytes: Uint8Array, contentType: string): TaskOutcome => ({
  status: "completed",
  taskId: "task-1",
  node: "worker-1",
  attempt: 2,
  queueMs: 3.4,
  runMs: 56.7,
  result: { figures: {}, files: [{ name: "image", contentType, bytes }] },
});

export const failed = (code: string, detail: string): TaskOutcome => ({
  status: "failed",
  taskId: "task-2",
  attempt: 1,
  code,
  detail,
});
