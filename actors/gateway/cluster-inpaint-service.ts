// The routes' view of the cluster, made of the queue, the node registry and the gateway itself.

import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeRegistry, NodeView } from "#protocols/tasks/node.ts";
import type { GroupView } from "#protocols/tasks/node-scaling.ts";
import type { QueueStatistics, SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { StateStatistics } from "#protocols/tasks/state-readings.ts";
import type { ReadStanding } from "#protocols/tasks/state-reads.ts";
import type { TaskOutcome, TaskView } from "#protocols/tasks/task.ts";
import { Admission } from "./admission.ts";
import type {
  ClusterStatus,
  InpaintOrder,
  InpaintService,
  MemberView,
  Readiness,
} from "./inpaint-service.ts";
import type { ClientSubmission, QueueClient } from "./queue-client.ts";
import type { ServedModels } from "./served-models.ts";

export interface GatewayView {
  readonly cluster: string;
  readonly model: string;
  readonly isDraining: boolean;
}

export interface ClusterInpaintPorts {
  /** The actor's own state, read when a request comes. */
  readonly view: () => GatewayView;
  readonly useModel: (model: string) => Promise<unknown>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly members: () => readonly MemberView[];
  readonly scaling: () => Promise<readonly GroupView[]>;
  readonly state: () => Promise<StateStatistics | null>;
  readonly stateReads: () => Promise<ReadStanding | null>;
  readonly served: Pick<ServedModels, "refusal" | "isOffered">;
}

type AskedQueue = Pick<QueueClient, "run" | "submit" | "view" | "ending" | "statistics">;

const listWithinMs = 2_000;
/** Questions for the status within this time get one answer, however many ask. */
const statusFreshMs = 500;

export class ClusterInpaintService implements InpaintService {
  readonly #queue: AskedQueue;
  readonly #ports: ClusterInpaintPorts;
  readonly #startedAt: number;
  /** Repairs only: who looks at the page does not keep a gateway from draining. */
  readonly #repairs = new Admission();
  #registry: Ref<NodeRegistry> | undefined;
  #status: { readonly at: number; readonly answer: Promise<ClusterStatus> } | undefined;

  constructor(queue: AskedQueue, ports: ClusterInpaintPorts) {
    this.#queue = queue;
    this.#ports = ports;
    this.#startedAt = ports.now();
  }

  get model(): string {
    return this.#ports.view().model;
  }

  get inFlight(): number {
    return this.#repairs.requests;
  }

  useRegistry(registry: Ref<NodeRegistry> | undefined): void {
    this.#registry = registry;
  }

  /** Resolves when no repair is in flight. */
  idle(): Promise<void> {
    return this.#repairs.idle();
  }

  inpaint(order: InpaintOrder): Promise<TaskOutcome> {
    return this.admitted(async () => {
      const submission = await this.#checked(order);
      try {
        return await this.#queue.run(submission, order);
      } catch (cause) {
        throw await this.#explained(submission.model, Failure.of(cause));
      }
    });
  }

  submit(order: InpaintOrder): Promise<SubmitReceipt> {
    return this.admitted(async () => this.#queue.submit(await this.#checked(order), order));
  }

  /** Before it is queued: for a model that nobody has it would wait until the client gives up. */
  async #checked(order: InpaintOrder): Promise<ClientSubmission> {
    const submission = this.#submissionOf(order);
    const refusal = await this.#ports.served.refusal(submission.model, order.signal);
    if (refusal !== undefined) throw refusal;
    return submission;
  }

  /** That the time is over says little where it passed in waiting for a worker. */
  async #explained(model: string, failure: Failure): Promise<Failure> {
    if (failure.code !== "timeout") return failure;
    if ((await this.#ports.served.isOffered(model)) !== false) return failure;
    const seen = `no worker offered the model ${model} while this was waited for`;
    const remedy = "GET /api/models tells why; come again when it is ready";
    return new Failure("unavailable", `${seen}; ${remedy}`, failure);
  }

  task(taskId: string): Promise<TaskView | null> {
    return this.#queue.view(taskId);
  }

  ending(taskId: string): Promise<TaskOutcome> {
    return this.#queue.ending(taskId);
  }

  /** While draining, nothing new is taken; what was taken is counted until it is answered. */
  async admitted<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ports.view().isDraining) throw draining;
    const permit = this.#repairs.enter();
    try {
      return await work();
    } finally {
      permit.leave();
    }
  }

  #submissionOf(order: InpaintOrder): ClientSubmission {
    const { parameters, model = this.model, inputs, idempotencyKey, userId } = order;
    const owner = userId === undefined ? {} : { userId };
    return { type: "inpaint", model, parameters, inputs, idempotencyKey, ...owner };
  }

  async models(): Promise<readonly string[]> {
    return modelsIn(await this.#queue.statistics());
  }

  async useModel(model: string): Promise<void> {
    await this.#ports.useModel(model);
  }

  async readiness(): Promise<Readiness> {
    const { model, models, queue, gateway, problems, scaling } = await this.status();
    const missing = queue === null ? [...problems] : [];
    const trouble = queue?.storeTrouble ?? null;
    if (trouble !== null) missing.push(`The store cannot write. ${trouble}`);
    if (gateway.isDraining) missing.push("This gateway is draining.");
    // Of a group that has no node just now the next task brings one about.
    const mayCome = scaling.some(({ min, nodes }) => min === 0 && nodes.length === 0);
    if (queue !== null && !models.includes(model) && !mayCome) {
      missing.push(
        `No worker offers the model ${model}; offered are: ${models.join(", ") || "none"}.`,
      );
    }
    return { isReady: missing.length === 0, missing, ack: queue?.storeAck ?? null };
  }

  status(): Promise<ClusterStatus> {
    const now = this.#ports.now();
    if (this.#status === undefined || now - this.#status.at >= statusFreshMs) {
      this.#status = { at: now, answer: this.#ask(now) };
    }
    return this.#status.answer;
  }

  async #ask(now: number): Promise<ClusterStatus> {
    const problems: string[] = [];
    const [queue, nodes, state, scaling, stateReads] = await Promise.all([
      this.#queue.statistics().catch((cause: unknown) => note(problems, "queue", cause)),
      this.#nodes().catch((cause: unknown) => note(problems, "node registry", cause)),
      this.#ports.state().catch((cause: unknown) => note(problems, "StateManager", cause)),
      this.#ports.scaling().catch((cause: unknown) => note(problems, "NodeScaler", cause)),
      this.#ports.stateReads(),
    ]);
    const { cluster, model, isDraining } = this.#ports.view();
    return {
      cluster,
      uptimeMs: Math.round(now - this.#startedAt),
      model,
      models: queue === null ? [] : modelsIn(queue),
      nodes: nodes ?? [],
      members: this.#ports.members(),
      scaling: scaling ?? [],
      queue,
      state,
      stateReads,
      gateway: { inFlight: this.inFlight, isDraining },
      problems,
    };
  }

  async #nodes(): Promise<readonly NodeView[]> {
    if (this.#registry !== undefined) {
      return this.#registry.$.with({ within: listWithinMs }).list();
    }
    throw new Failure("unavailable", "It is not there yet, or is being restarted.");
  }
}

function note(problems: string[], who: string, cause: unknown): null {
  problems.push(`The ${who} does not answer. ${Failure.of(cause).detail}`);
  return null;
}

const modelsIn = (queue: QueueStatistics): readonly string[] =>
  [...new Set(queue.workers.flatMap((worker) => worker.models))].sort();

const draining = new Failure(
  "unavailable",
  "This gateway is draining: it ends what it began and takes no more. Send the repair elsewhere or again later.",
);
