// Carries commands out: each by the part of the cluster that can.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlHandler, ControlResponse } from "#protocols/tasks/control.ts";
import type { ControlCommandName } from "#protocols/tasks/control-commands.ts";
import { controlResponseOf } from "#protocols/tasks/control-response.ts";
import type { CancelResult } from "#protocols/tasks/store.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { type AttemptPorts, attempts } from "./attempts.ts";
import type { RunProgress } from "./command-runs.ts";
import { configPlaceOf } from "./config-document.ts";
import { ConfigUpdates } from "./config-update.ts";
import type { ControlPeers } from "./control-peers.ts";
import { type NodeCommandName, OrderDelivery } from "./order-delivery.ts";
import type { PlannedCommand } from "./request-check.ts";

export interface ExecutorParts {
  readonly peers: ControlPeers;
  readonly attempts: AttemptPorts;
  readonly node: string;
  readonly models: readonly string[];
  readonly wall: () => number;
  readonly handlerOf: (command: string) => Ref<ControlHandler> | undefined;
}

/** For each question to who is to go by it, however late the command is. */
const setRightMs = 3_000;

export class CommandExecutor {
  readonly #parts: ExecutorParts;
  readonly #delivery: OrderDelivery;
  readonly #configs: ConfigUpdates;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#delivery = new OrderDelivery(parts.peers, parts.attempts);
    this.#configs = new ConfigUpdates(parts.peers);
  }

  /** Fails as the command has failed. */
  carryOut(planned: PlannedCommand, progress: RunProgress): Promise<ControlResponse> {
    return "own" in planned.kind
      ? this.#own(planned, planned.kind.own, progress)
      : this.#builtin(planned, planned.kind.builtin, progress);
  }

  /** What a former channel may have left half done of it is set right, as far as it can be. */
  async setRight(planned: PlannedCommand): Promise<void> {
    const { kind, parameters, by } = planned;
    if (!("builtin" in kind) || kind.builtin !== "UPDATE_CONFIG") return;
    const leftMs = (): number => setRightMs;
    await this.#configs.applyAgain({ parameters, by, models: this.#parts.models, leftMs });
  }

  #builtin(
    planned: PlannedCommand,
    name: ControlCommandName,
    progress: RunProgress,
  ): Promise<ControlResponse> {
    switch (name) {
      case "PING":
        return planned.node === null ? this.#pong() : this.#order(planned, name, progress);
      case "GET_NODE_STATUS":
      case "GET_NODE_METRICS":
      case "PAUSE_NODE":
      case "RESUME_NODE":
      case "RESTART_NODE":
      case "SHUTDOWN_NODE":
        return this.#order(planned, name, progress);
      case "CANCEL_TASK":
        return this.#cancel(planned, progress);
      case "GET_CONFIG":
        return this.#config(planned, progress);
      case "UPDATE_CONFIG":
        return this.#updateConfig(planned, progress);
      case "CREATE_KEY":
        return this.#createKey(planned, progress);
      case "REVOKE_KEY":
        return this.#revokeKey(planned, progress);
      default:
        return name satisfies never;
    }
  }

  async #pong(): Promise<ControlResponse> {
    return { node: this.#parts.node, at: this.#parts.wall() };
  }

  #order(
    { commandId, node, parameters, by }: PlannedCommand,
    command: NodeCommandName,
    progress: RunProgress,
  ): Promise<ControlResponse> {
    const reason = textIn(parameters, "reason") ?? `${command} by the control channel`;
    const order = { commandId, command, node: node ?? "", reason, by };
    return this.#delivery.carryOut(order, progress);
  }

  /** Once only: whether a handler that did not answer has done it, only it could say. */
  async #own(
    planned: PlannedCommand,
    command: string,
    progress: RunProgress,
  ): Promise<ControlResponse> {
    const handler = this.#parts.handlerOf(command);
    if (!handler)
      throw new Failure("unavailable", `the handler of ${command} has ended; ask again`);
    await progress.delivered();
    const { commandId, node, taskId, parameters, by } = planned;
    const order = { commandId, command, node, taskId, parameters, by };
    const answered = await handler.$.with({ within: this.#leftMs(progress) }).handle(order);
    await progress.acknowledged();
    return controlResponseOf(command, answered);
  }

  #cancel({ commandId, taskId, parameters, by }: PlannedCommand, progress: RunProgress) {
    const id = taskId ?? "";
    const reason = textIn(parameters, "reason") ?? "cancelled by the control channel";
    return attempts(this.#parts.attempts, progress.deadlineMs, async ({ withinMs }) => {
      const queue = await this.#parts.peers.queue(withinMs);
      await progress.delivered();
      const request = { taskId: id, reason, by: by.slice(0, 64), commandId };
      const result = await queue.$.with({ within: withinMs }).cancel(request);
      await progress.acknowledged();
      return cancelResponse(id, result);
    });
  }

  #config({ parameters }: PlannedCommand, { deadlineMs }: RunProgress) {
    return attempts(this.#parts.attempts, deadlineMs, async ({ withinMs }) => {
      const place = configPlaceOf(parameters);
      const store = (await this.#parts.peers.store(withinMs)).$.with({ within: withinMs });
      const active = await store.activeConfig(place);
      if (active === null) return { ...place, version: 0, document: null };
      const { version, document, author, comment, activatedAt } = active;
      return { ...place, version, document, author, comment, activatedAt };
    });
  }

  async #updateConfig({ parameters, by }: PlannedCommand, progress: RunProgress) {
    await progress.delivered();
    const { attempts: ports, models } = this.#parts;
    const leftMs = (): number => progress.deadlineMs - ports.now();
    const begins = (): Promise<void> => progress.begins();
    return this.#configs.update({ parameters, by, models, leftMs, begins });
  }

  async #createKey({ parameters }: PlannedCommand, progress: RunProgress) {
    await progress.delivered();
    const store = await this.#parts.peers.store(this.#leftMs(progress));
    const { expiresAt } = parameters;
    const keyId = textIn(parameters, "keyId") ?? "";
    if (typeof expiresAt === "number" && expiresAt <= this.#parts.wall()) {
      const text = `the expiresAt of ${keyId}, ${momentText(expiresAt)}, is past; give milliseconds since 1970`;
      throw new Failure("invalid", text);
    }
    await progress.begins();
    const created = await store.createKey({
      keyId,
      hash: textIn(parameters, "hash") ?? "",
      owner: textIn(parameters, "owner") ?? "",
      scopes: (textIn(parameters, "scopes") ?? "").split(" "),
      ...(typeof expiresAt === "number" ? { expiresAt } : {}),
    });
    if (created.kind === "saved") return { keyId };
    if (created.kind === "full") {
      throw new Failure("unavailable", `there are ${created.limit} keys, the most there may be`);
    }
    throw new Failure(
      "conflict",
      `there is a key ${keyId}, or one with that secret; choose another`,
    );
  }

  async #revokeKey({ parameters }: PlannedCommand, progress: RunProgress) {
    await progress.delivered();
    const store = await this.#parts.peers.store(this.#leftMs(progress));
    const keyId = textIn(parameters, "keyId") ?? "";
    await progress.begins();
    const { kind } = await store.revokeKey(keyId);
    if (kind === "not_found") throw new Failure("not_found", `there is no key ${keyId}`);
    return { keyId, outcome: kind };
  }

  #leftMs({ deadlineMs }: RunProgress): number {
    return Math.max(1, deadlineMs - this.#parts.attempts.now());
  }
}

function cancelResponse(taskId: string, result: CancelResult): ControlResponse {
  if (result.kind === "not_found") throw new Failure("not_found", `there is no task ${taskId}`);
  const status = result.kind === "ended" ? { status: result.status } : {};
  return { taskId, outcome: result.kind, ...status };
}

const momentText = (at: number): string => new Date(at).toISOString();

function textIn(parameters: TaskParameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === "string" ? value : undefined;
}
