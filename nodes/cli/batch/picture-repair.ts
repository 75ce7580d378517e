// One picture through the cluster, whatever happens to either side meanwhile: it is submitted under a key
// of its content, so a submission can be repeated, and its end can be asked for again.
//
//   submit(key 1) ──► taken ──► wait ──► repaired
//      ▲ lost answer │            └────► failed ──► was that before our time? submit(key 2) ──► …
//      └─────────────┘
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { TaskOrder } from "#protocols/outside/task-order.ts";
import type { GatewayClient, Repaired } from "../gateway-client.ts";
import { type PatiencePorts, patiently } from "../patience.ts";
import type { OfferedModels } from "./offered-models.ts";

/** A picture as a task that hands back a file `image`. */
export interface PictureTask {
  readonly order: TaskOrder;
  /** By the names that the task has for them. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /**
   * Made of the content. `generation` counts from 1: a task that ended without a result for reasons that
   * pass is asked for again as a new one.
   */
  readonly key: (generation: number) => string;
}

export type PictureEnding =
  | { readonly kind: "repaired"; readonly task: string; readonly repaired: Repaired }
  | {
      readonly kind: "failed";
      readonly task: string;
      readonly code: string;
      readonly detail: string;
    };

export interface RepairPorts extends PatiencePorts {
  readonly client: Pick<GatewayClient, "submit" | "repairedBy">;
  readonly offered: Pick<OfferedModels, "confirm">;
}

const waitSeconds = 30;
/** Tasks of one content that may have failed before this program began. */
const generationsMax = 16;

/** Codes that the content itself brings about: another task would end the same way. */
const ofTheContent: ReadonlySet<string> = new Set<FailureCode>([
  "bad_image",
  "size_mismatch",
  "invalid",
  "too_large",
]);

/**
 * Fails with `cancelled` when the signal was aborted, with `unavailable` or `timeout` when the cluster
 * did not answer for five minutes, as the gateway refuses a task, and as `OfferedModels.confirm`.
 */
export async function repairPicture(
  picture: PictureTask,
  ports: RepairPorts,
): Promise<PictureEnding> {
  for (let generation = 1; ; generation += 1) {
    const { taskId, isReplay } = await patiently(ports, () =>
      ports.client.submit(formOf(picture), picture.key(generation), ports.signal),
    );
    const ending = await endingOf(taskId, ports);
    const mayPass = isReplay && generation < generationsMax;
    if (ending === "forgotten") {
      if (mayPass) continue;
      const detail = `the cluster has forgotten task ${taskId}: run this again`;
      return { kind: "failed", task: taskId, code: "not_found", detail };
    }
    if (ending.kind === "repaired" || !mayPass || ofTheContent.has(ending.code)) return ending;
  }
}

function formOf({ order, files }: PictureTask): FormData {
  const form = new FormData();
  form.append("task", JSON.stringify(order));
  // One name and type for all: the key stands for the bytes, not for what they are called.
  for (const [name, bytes] of Object.entries(files)) form.append(name, new Blob([bytes]), name);
  return form;
}

async function endingOf(task: string, ports: RepairPorts): Promise<PictureEnding | "forgotten"> {
  for (;;) {
    const ending = await patiently(ports, () =>
      ports.client
        .repairedBy(task, waitSeconds, ports.signal)
        .catch((cause: unknown) => forgotten(Failure.of(cause))),
    );
    if (ending === "forgotten") return ending;
    if (ending.kind !== "pending") return { ...ending, task };
    await ports.offered.confirm();
  }
}

function forgotten(failure: Failure): "forgotten" {
  if (failure.code === "gone" || failure.code === "not_found") return "forgotten";
  throw failure;
}
