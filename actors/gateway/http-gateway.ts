// The actor that answers HTTP for the cluster. It owns the server and knows where queue and node
// registry are; requests are handled outside its turns, by functions that only send messages.
//
//   client ──HTTP──► HttpServer ──► routes ──► ClusterInpaintService ──► queue, node-registry
//                                                   ▲ refs
//                                              HttpGateway ◄── found, missing, terminated
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import { Gateway } from "#protocols/tasks/gateway.ts";
import { stateName } from "#protocols/tasks/state.ts";
import { membersService } from "#runtime/cluster/membership/members.ts";
import { clusterMover } from "#runtime/cluster/moving/cluster-mover.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { pause } from "#runtime/host/pause.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { ClusterInpaintService } from "./cluster-inpaint-service.ts";
import { gatewayRoutes, type RoutedServices } from "./gateway-routes.ts";
import type { HttpGatewayArguments } from "./http-gateway-arguments.ts";
import type { MemberView } from "./inpaint-service.ts";
import { ModelService } from "./model-service.ts";
import { NamedActors } from "./named-actors.ts";
import { NodeService } from "./node-service.ts";
import { loadPageFiles, type PageFiles } from "./page-files.ts";
import {
  type Found,
  type Kept,
  lookUpPartner,
  type Missing,
  type Partner,
  PresentPartners,
} from "./partners.ts";
import { PluginService } from "./plugin-service.ts";
import { QueueClient } from "./queue-client.ts";
import { routeRequests } from "./router.ts";
import { ServedModels } from "./served-models.ts";
import { HttpServer } from "./server.ts";
import { StateService } from "./state-service.ts";
import { TaskService } from "./task-service.ts";

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

interface Own {
  lookUp(partner: Partner): void;
  lookedUp(answer: Found | Missing): void;
  drainEnds(): void;
}

/** Time that requests in flight get when the gateway is stopped without having been drained. */
const closeWithinMs = 2_000;
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
  /** By whom it is told now what the configuration would have said at the start. */
  #isModelTold = false;
  readonly #states = new StateService();
  readonly #drainEnders = new Set<() => void>();
  #parts: Parts | undefined;
  readonly #partners = new PresentPartners();

  /** Listens before queue and registry are found: who asks meanwhile is told what is missing. */
  override async start(): Promise<void> {
    const { page, sample, host, port, stateReads } = this.state;
    this.#states.readBy(stateReads);
    const files = await loadPageFiles({ folder: page, sample });
    const failed = (cause: unknown, method: string, path: string): void =>
      this.ctx.log("error", "a request failed by a fault of ours", {
        ...Failure.of(cause).toData(),
        method,
        path: path.slice(0, 200),
      });
    const client = this.#newClient();
    const services = this.#servicesOver(client, files);
    const handle = routeRequests(gatewayRoutes(services));
    const server = await HttpServer.listen({ host, port, handle, failed });
    this.#parts = { server, service: services.inpaint, client };
    this.ctx.log("info", "answering HTTP", { url: server.url });
    this.lookUp("store");
    this.lookUp("queue");
    this.lookUp("node-registry");
    this.lookUp(stateName);
  }

  #servicesOver(client: QueueClient, files: PageFiles): RoutedServices {
    const { self } = this.ctx;
    const now = (): number => this.ctx.now();
    const named = new NamedActors(this.ctx);
    const models = new ModelService({
      nodes: () => this.#nodes.nodes(),
      modelRepository: (node) => named.modelRepository(node),
    });
    const index = () => models.index();
    const served = new ServedModels({
      ...{ index, configured: this.state.models, now, wait: pause },
      workers: () => client.workers(),
    });
    const inpaint = new ClusterInpaintService(client, {
      ...{ view: () => this.state, now, served },
      useModel: (model) => self.useModel(model),
      members: this.#membersShown(),
      scaling: async () => (this.state.scaling === "shown" ? named.scaledGroups() : []),
      state: () => this.#states.statistics(),
      stateReads: () => this.#states.standing(),
    });
    const tasks = new TaskService(client, {
      admitted: (work) => inpaint.admitted(work),
      model: () => this.state.model,
      models: () => inpaint.models(),
      refusal: (model, signal) => served.refusal(model, signal),
      now,
    });
    return {
      ...{ inpaint, tasks, nodes: this.#nodes, models, states: this.#states, named, files },
      plugins: new PluginService({ models: async () => (await index()).models, now }),
      random: () => this.ctx.random(),
      wall: () => this.ctx.wall(),
      metrics: this.state.metrics === "served" ? this.ctx.use(metricsService) : undefined,
      mover: this.state.moving === "served" ? this.ctx.use(clusterMover) : undefined,
    };
  }

  #membersShown(): () => readonly MemberView[] {
    if (this.state.members !== "shown") return () => [];
    const members = this.ctx.use(membersService);
    return () => members.all.map(({ node, status, why }) => ({ ...node, status, why }));
  }

  override async stopped(): Promise<void> {
    await this.#parts?.server.close(closeWithinMs);
    this.state.stateReads?.close();
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    const partner = this.#partners.take(ref, isSameActor);
    if (partner === undefined) return;
    const text = `the actor ${partner} has ended; looking for the next`;
    this.ctx.log(levelOf(exit), text, { exit: exit.kind });
    this.#lose(partner);
    this.lookUp(partner);
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

  model(): { readonly model: string } {
    return { model: this.state.model };
  }

  useModel(model: string): Ack {
    this.#isModelTold = true;
    this.ctx.log("info", "repairs go to another model", { from: this.state.model, to: model });
    this.state.model = model;
    return ack;
  }

  lookUp = (partner: Partner): void => this.ctx.pipe(lookUpPartner(this.ctx, partner), "lookedUp");

  lookedUp(answer: Found | Missing): void {
    if ("failure" in answer) this.#lookUpLater(answer);
    else if (answer.partner === "store") this.#configured(answer.model);
    else {
      this.#use(answer);
      this.#partners.set(answer.partner, answer.ref);
      this.ctx.watch(answer.ref);
    }
  }

  /** What was told meanwhile is newer than what was read. */
  #configured(model: string | null): void {
    const { model: from, models } = this.state;
    if (model === null || model === from || this.#isModelTold) return;
    if (models && !models.includes(model)) {
      const text = `the active configuration names a model that this topology does not have: ${model}; update it`;
      this.ctx.log("warn", text, { stays: from });
      return;
    }
    this.ctx.log("info", "repairs go to the model of the active configuration", { model });
    this.state.model = model;
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
  #randomWord = (): string => Math.floor(this.ctx.random() * 2 ** 52).toString(36);

  #lookUpLater({ partner, failure: { code, detail } }: Missing): void {
    if (partner === "store" && this.#isModelTold) return;
    // A cluster can be without a StateManager: only what asks for it is refused.
    const level = partner === stateName ? "debug" : "warn";
    this.ctx.log(level, `${partner} not found, looking again`, { code, detail });
    this.ctx.after(lookUpAgainMs, "lookUp", partner);
  }

  #use(found: Exclude<Found, { partner: "store" }>): void {
    if (found.partner === "queue") this.#parts?.client.use(found.ref);
    else if (found.partner === stateName) this.#states.use(found.ref);
    else {
      this.#nodes.use(found.ref);
      this.#parts?.service.useRegistry(found.ref);
    }
  }

  #lose(partner: Kept): void {
    if (partner === "queue") this.#parts?.client.use(undefined);
    else if (partner === stateName) this.#states.use(undefined);
    else {
      this.#nodes.use(undefined);
      this.#parts?.service.useRegistry(undefined);
    }
  }

  #started(): Parts {
    if (this.#parts !== undefined) return this.#parts;
    throw new Failure("internal", "messages are handled after start, so the server is there");
  }
}

const isSameActor = (a: AnyRef, b: AnyRef): boolean =>
  addressKey(a.$.address) === addressKey(b.$.address);
