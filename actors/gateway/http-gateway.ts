// The actor that answers HTTP for the cluster. It owns the server and knows where queue and node
// registry are; requests are handled outside its turns, by functions that only send messages.
//
//   client ──HTTP──► HttpServer ──► routes ──► ClusterInpaintService ──► queue, node-registry
//                                                   ▲ refs
//                                              HttpGateway ◄── found, missing, terminated
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import { Gateway } from "#protocols/tasks/gateway.ts";
import { NodeRegistry } from "#protocols/tasks/node.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { membersService } from "#runtime/cluster/membership/members.ts";
import { clusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { ClusterInpaintService } from "./cluster-inpaint-service.ts";
import type { MemberView } from "./inpaint-service.ts";
import { NodeService } from "./node-service.ts";
import { loadPageFiles } from "./page-files.ts";
import { pause } from "./pause.ts";
import { QueueClient } from "./queue-client.ts";
import { routeRequests } from "./router.ts";
import { healthRoutes } from "./routes/health-routes.ts";
import { lamaCleanerRoutes } from "./routes/lama-cleaner-routes.ts";
import { metricsRoute } from "./routes/metrics-route.ts";
import { movingRoutes } from "./routes/moving-routes.ts";
import { nodeRoutes } from "./routes/node-routes.ts";
import { pageRoutes } from "./routes/page-routes.ts";
import { taskRoutes } from "./routes/task-routes.ts";
import { HttpServer } from "./server.ts";

export interface HttpGatewayArguments {
  /** The cluster's name, as the status tells it. */
  readonly cluster: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The model that repairs are sent to at first. */
  readonly model: string;
  /** Path of the folder with the page's files. */
  readonly page: string;
  /** Path of a JPEG that the page offers to try with; `null` for none. */
  readonly sample: string | null;
  /** `GET /metrics` answers what the node provides as `metricsService`. Default: no such route. */
  readonly metrics?: "served";
  /** The status tells the members that the node provides as `membersService`. Default: none. */
  readonly members?: "shown";
  /** `POST /api/move` and `/api/drain` ask what the node provides as `clusterMover`. Default: no such routes. */
  readonly moving?: "served";
}

interface HttpGatewayState extends HttpGatewayArguments {
  model: string;
  isDraining: boolean;
}

/** What an instance builds in `start`. */
interface Parts {
  readonly server: HttpServer;
  readonly service: ClusterInpaintService;
  readonly client: QueueClient;
}

/** The names under which a gateway looks up the actors that it speaks to. */
type Need = "queue" | "node-registry";

interface Own {
  lookUp(need: Need): void;
  queueFound(queue: Ref<Queue>): void;
  queueMissing(failure: FailureData): void;
  registryFound(registry: Ref<NodeRegistry>): void;
  registryMissing(failure: FailureData): void;
  drainEnds(): void;
}

/** Time that requests in flight get when the gateway is stopped without having been drained. */
const closeWithinMs = 2_000;
const lookUpWithinMs = 5_000;
const lookUpAgainMs = 500;
/** What `drain` keeps of its deadline, so that its answer still arrives in time. */
const drainMarginMs = 500;

export class HttpGateway
  extends Actor<Gateway, HttpGatewayState, Own>
  implements Handlers<Gateway & Own>
{
  static readonly protocol = Gateway;
  static initial = (args: HttpGatewayArguments): HttpGatewayState => ({
    ...args,
    isDraining: false,
  });

  readonly #nodes = new NodeService();
  readonly #drainEnders = new Set<() => void>();
  #parts: Parts | undefined;
  #queue: Ref<Queue> | undefined;
  #registry: Ref<NodeRegistry> | undefined;

  /** Listens before queue and registry are found: who asks meanwhile is told what is missing. */
  override async start(): Promise<void> {
    const { page, sample, host, port } = this.state;
    const files = await loadPageFiles({ folder: page, sample });
    const self = this.ctx.self;
    const failed = (cause: unknown, method: string, path: string): void =>
      this.ctx.log("error", "a request failed by a fault of ours", {
        ...Failure.of(cause).toData(),
        method,
        path: path.slice(0, 200),
      });
    const client = this.#newClient();
    const service = new ClusterInpaintService(client, {
      view: () => this.state,
      useModel: (model) => self.useModel(model),
      now: () => this.ctx.now(),
      members: this.#membersShown(),
    });
    const isMovable = this.state.moving === "served";
    const isMetered = this.state.metrics === "served";
    const handle = routeRequests([
      ...lamaCleanerRoutes(service, { random: () => this.ctx.random() }),
      ...taskRoutes(service),
      ...healthRoutes(service, files),
      ...nodeRoutes(this.#nodes),
      ...(isMetered ? [metricsRoute(this.ctx.use(metricsService))] : []),
      ...(isMovable ? movingRoutes(this.ctx.use(clusterMover)) : []),
      ...pageRoutes(files),
    ]);
    const server = await HttpServer.listen({ host, port, handle, failed });
    this.#parts = { server, service, client };
    this.ctx.log("info", "answering HTTP", { url: server.url });
    this.lookUp("queue");
    this.lookUp("node-registry");
  }

  #membersShown(): () => readonly MemberView[] {
    if (this.state.members !== "shown") return () => [];
    const members = this.ctx.use(membersService);
    return () => members.all.map(({ node, status, why }) => ({ ...node, status, why }));
  }

  override async stopped(): Promise<void> {
    await this.#parts?.server.close(closeWithinMs);
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    if (this.#queue && isSameActor(ref, this.#queue)) {
      this.ctx.log(levelOf(exit), "the queue has ended; looking for the next", { exit: exit.kind });
      this.#useQueue(undefined);
      this.lookUp("queue");
    } else if (this.#registry && isSameActor(ref, this.#registry)) {
      this.ctx.log(levelOf(exit), "the node registry has ended; looking for the next", {
        exit: exit.kind,
      });
      this.#useRegistry(undefined);
      this.lookUp("node-registry");
    }
  }

  drain(): Deferred<{ readonly inFlight: number }> {
    const { service } = this.#started();
    this.state.isDraining = true;
    const remaining = this.ctx.remaining;
    if (Number.isFinite(remaining)) {
      this.ctx.after(Math.max(0, remaining - drainMarginMs), "drainEnds");
    }
    const deadline = new Promise<void>((resolve) => this.#drainEnders.add(resolve));
    const idle = Promise.race([service.idle(), deadline]);
    return this.ctx.defer(idle.then(() => ({ inFlight: service.inFlight })));
  }

  /** With several drains at a time the nearest deadline answers all. */
  drainEnds(): void {
    for (const end of this.#drainEnders) end();
    this.#drainEnders.clear();
  }

  address(): { readonly url: string } {
    return { url: this.#started().server.url };
  }

  useModel(model: string): Ack {
    this.ctx.log("info", "repairs go to another model", { from: this.state.model, to: model });
    this.state.model = model;
    return ack;
  }

  lookUp(need: Need): void {
    const options = { within: lookUpWithinMs };
    if (need === "queue") {
      this.ctx.pipe(this.ctx.lookup(Queue, need, options), "queueFound", "queueMissing");
    } else {
      const registry = this.ctx.lookup(NodeRegistry, need, options);
      this.ctx.pipe(registry, "registryFound", "registryMissing");
    }
  }

  queueFound(queue: Ref<Queue>): void {
    this.#useQueue(queue);
    this.ctx.watch(queue);
  }

  queueMissing(failure: FailureData): void {
    this.#lookUpLater("queue", failure);
  }

  registryFound(registry: Ref<NodeRegistry>): void {
    this.#useRegistry(registry);
    this.ctx.watch(registry);
  }

  registryMissing(failure: FailureData): void {
    this.#lookUpLater("node-registry", failure);
  }

  #newClient(): QueueClient {
    return new QueueClient({
      now: () => this.ctx.now(),
      wait: pause,
      newKey: () => `${this.#randomWord()}${this.#randomWord()}`,
      cancelFailed: (taskId, failure) =>
        this.ctx.log("warn", "a task that nobody waits for could not be cancelled", {
          ...failure.toData(),
          task: taskId,
        }),
    });
  }

  /** 52 bits of chance. */
  #randomWord(): string {
    return Math.floor(this.ctx.random() * 2 ** 52).toString(36);
  }

  #lookUpLater(need: Need, { code, detail }: FailureData): void {
    this.ctx.log("warn", `${need} not found, looking again`, { code, detail });
    this.ctx.after(lookUpAgainMs, "lookUp", need);
  }

  #useQueue(queue: Ref<Queue> | undefined): void {
    this.#queue = queue;
    this.#parts?.client.use(queue);
  }

  #useRegistry(registry: Ref<NodeRegistry> | undefined): void {
    this.#registry = registry;
    this.#nodes.use(registry);
    this.#parts?.service.useRegistry(registry);
  }

  #started(): Parts {
    if (this.#parts !== undefined) return this.#parts;
    throw new Failure("internal", "messages are handled after start, so the server is there");
  }
}

const isSameActor = (a: AnyRef, b: AnyRef): boolean =>
  addressKey(a.$.address) === addressKey(b.$.address);
