// The operator of a simulated cluster: issues commands through the control channel. Whoever hears nothing
// issues the same command with its id again; some issue it twice at once, or again behind its answer.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import {
  type ControlAnswer,
  ControlChannel,
  type ControlRequest,
  controlChannelName,
} from "#protocols/tasks/control.ts";
import { queueConfigLayer } from "#protocols/tasks/queue-config.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import {
  configuredQueue,
  countCommand,
  countIssued,
  countTimeoutMs,
  documentOf,
  timeoutMs,
  undoDocument,
} from "./operator-plan.ts";
import { recordFact, recordSight } from "./task-facts.ts";
import { siteKey } from "./task-site.ts";

export interface Order {
  readonly request: ControlRequest & { readonly commandId: string };
  readonly atOnce: number;
  /** So often it is issued again when it was answered. */
  readonly again: number;
}

export interface Operator {
  command(terms: NonNullable<Step["terms"]>): void;
  /** Ids of all commands so far. */
  issued(): readonly string[];
}
export const Operator = protocol<Operator>("simulation.Operator@1", {
  command: tell,
  issued: ask(),
});

interface Own {
  answered(): void;
}

const caller = { by: "operator", scopes: ["admin"] } as const;
const within = { within: 2_000 };
const answerWithin = { within: 5_000 };
const againMs = { min: 100, max: 600 };

export class OperatorActor
  extends Actor<Operator, undefined, Own>
  implements Handlers<Operator & Own>
{
  static readonly protocol = Operator;

  readonly #issued = new Set<string>();

  issued(): readonly string[] {
    return [...this.#issued];
  }

  command(terms: NonNullable<Step["terms"]>): void {
    const request = this.#requestOf(terms);
    if (request === undefined) return;
    this.#issued.add(request.commandId);
    for (let copy = 1; copy <= Number(terms.atOnce); copy += 1) {
      this.#site.begin();
      this.ctx.pipe(this.#issue(request, Number(terms.again)), "answered");
    }
  }

  answered(): void {
    this.#site.end();
  }

  /** Undefined: there is nothing yet that it could be about. */
  #requestOf({ commandId, command, number, worker, pick }: NonNullable<Step["terms"]>) {
    const named = { commandId: String(commandId), command: String(command), timeoutMs };
    switch (named.command) {
      case "CANCEL_TASK": {
        const { taskIds } = this.#site;
        const taskId = taskIds[Number(pick) % Math.max(1, taskIds.length)];
        return taskId === undefined ? undefined : { ...named, taskId };
      }
      case "UPDATE_CONFIG": {
        const document = documentOf({ number: Number(number), pick: Number(pick) });
        const scope = configuredQueue;
        return { ...named, parameters: { layer: queueConfigLayer, scope, document } };
      }
      case "RESTART_NODE":
      case "PAUSE_NODE":
      case "RESUME_NODE":
        // The reason comes to whoever carries it out.
        return { ...named, node: String(worker), parameters: { reason: named.commandId } };
      case "PING":
        return { ...named, node: String(worker) };
      case countCommand:
        return { ...named, timeoutMs: countTimeoutMs };
      default:
        return named;
    }
  }

  async #issue(request: Order["request"], again: number): Promise<void> {
    const { commandId, command, node = null } = request;
    recordFact(this.#site.host, "issued", { commandId, command, node });
    if (command === countCommand) recordSight(this.#site.host, countIssued);
    for (let times = 0; times <= again; times += 1) {
      this.#heard(request, await this.#answerTo(request));
    }
  }

  /** Nothing was begun of what is refused; of all else there is an end. */
  async #answerTo(request: Order["request"]): Promise<ControlAnswer> {
    for (;;) {
      try {
        const answer = await (await this.#channel()).$.with(answerWithin).command(request, caller);
        if (answer.status !== "refused" || answer.error?.isRetryable !== true) return answer;
        recordSight(this.#site.host, `${request.command} refused ${answer.error.code}`);
      } catch (error) {
        const { code } = Failure.of(error);
        recordSight(this.#site.host, `${request.command} unanswered ${code}`);
      }
      await this.ctx.sleep(againMs.min + (againMs.max - againMs.min) * this.ctx.random());
    }
  }

  #heard(request: ControlRequest, answer: ControlAnswer): void {
    const { commandId, command, node, taskId, parameters } = request;
    const { status, isReplay, response, error } = answer;
    const { host } = this.#site;
    recordSight(host, `${command} ${status}${isReplay ? " again" : ""}`);
    const told = { status, response: JSON.stringify(response), code: error?.code ?? null };
    recordFact(host, "commanded", { commandId: commandId ?? "", ...told });
    if (status !== "completed") return;
    if (parameters?.["document"] === undoDocument) recordSight(host, `${command} undone`);
    if (command === "PAUSE_NODE" && node) recordFact(host, "held", { node });
    if (command !== "CANCEL_TASK" || taskId === undefined) return;
    recordFact(host, "cancelled", { taskId, kind: String(response?.outcome) });
  }

  get #site() {
    return this.ctx.use(siteKey);
  }

  #channel(): Promise<Ref<ControlChannel>> {
    return this.ctx.lookup(ControlChannel, controlChannelName, within);
  }
}
