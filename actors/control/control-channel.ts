// The control channel: takes commands from inside of the cluster and, through its endpoint, from outside;
// has them carried out at most once, and keeps what became of them.
//
//   outside ──ZeroMQ──► ControlEndpoint ─┐
//   actors ──────────────── command ─────┴─► ControlChannel ─► store (history), nodes, queue, gateway
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import {
  type ControlAnswer,
  type ControlCaller,
  ControlChannel,
  type ControlHandler,
  type ControlRegistration,
  type ControlRequest,
  controlChannelName,
} from "#protocols/tasks/control.ts";
import { type ControlScope, isControlCommand } from "#protocols/tasks/control-commands.ts";
import type { ControlNoted, ControlRecord } from "#protocols/tasks/control-records.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import { refusedRequest } from "./command-answer.ts";
import { CommandExecutor } from "./command-executor.ts";
import { CommandRuns } from "./command-runs.ts";
import type { ControlCounts } from "./control-counts.ts";
import { ControlEndpointActor } from "./control-endpoint.ts";
import { ControlPeers, type GatewayPlace } from "./control-peers.ts";
import type { EndpointTerms } from "./endpoint-terms.ts";
import { plannedIn } from "./left-open.ts";
import { RefusedCommands, refusalPorts } from "./refused-commands.ts";
import { planCommand } from "./request-check.ts";
import { runPorts } from "./run-ports.ts";

export interface ControlChannelArguments {
  /** Where the cluster's gateway lives; null: it has none. */
  readonly gateway: GatewayPlace | null;
  /** That requests may use. */
  readonly models: readonly string[];
  /** null: nobody from outside. */
  readonly endpoint: EndpointTerms | null;
  readonly counts: ControlCounts;
}

interface Registered {
  readonly handler: Ref<ControlHandler>;
  readonly scope: ControlScope;
}

interface Own {
  resume(): void;
  leftOpen(open: readonly ControlRecord[]): void;
  notResumed(failure: FailureData): void;
}

const resumeAgainMs = 1_000;

export class ControlChannelActor
  extends Actor<ControlChannel, ControlChannelArguments, Own>
  implements Handlers<ControlChannel & Own>
{
  static readonly protocol = ControlChannel;
  /** An endpoint that cannot be bound again fails the channel, and so is seen. */
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    restartsMax: 5,
    withinMs: 10_000,
    backoff: { delayMsMin: 20, delayMsMax: 500, factor: 2, jitter: 0.2 },
  };
  static initial = (args: ControlChannelArguments): ControlChannelArguments => args;

  readonly #own = new Map<string, Registered>();
  #idsMade = 0;
  #peers: ControlPeers | undefined;
  #runs: CommandRuns | undefined;
  #refused: RefusedCommands | undefined;

  override async start(): Promise<void> {
    const { ctx } = this;
    const { gateway, models, endpoint, counts } = this.state;
    const peers = new ControlPeers(ctx, gateway);
    const executor = new CommandExecutor({
      peers,
      attempts: { now: () => ctx.now(), random: () => ctx.random(), sleep: (ms) => ctx.sleep(ms) },
      node: ctx.node.name,
      models,
      wall: () => ctx.wall(),
      handlerOf: (command) => this.#own.get(command)?.handler,
    });
    this.#peers = peers;
    this.#refused = new RefusedCommands(refusalPorts(ctx, counts));
    this.#runs = new CommandRuns(runPorts({ ctx, peers, executor, counts }));
    if (endpoint !== null) {
      // Not waited for: a failure of its own must be able to fail this actor.
      ctx.spawn(
        ControlEndpointActor,
        { ...endpoint, channel: ctx.self, counts },
        { name: "endpoint" },
      );
    }
    this.resume();
    await ctx.register(controlChannelName);
  }

  command(request: ControlRequest, caller: ControlCaller): Deferred<ControlAnswer> {
    const commandId = request.commandId ?? this.#newId();
    const planned = planCommand({ ...request, commandId }, caller, this.#own);
    const answered =
      planned instanceof Failure
        ? Promise.resolve(refusedRequest({ commandId, command: request.command }, planned))
        : this.#started().runs.issue(planned);
    return this.ctx.defer(
      answered.then((answer) => {
        this.state.counts.ended(answer.status);
        if (answer.error && answer.status === "refused") {
          const { node = null, taskId = null } = request;
          const named = { command: request.command, commandId, node, taskId };
          this.#started().refused.refused({ ...named, by: caller.by, why: answer.error });
        }
        return answer;
      }),
    );
  }

  acknowledge(commandId: string): Deferred<ControlNoted> {
    const noted = this.#started()
      .peers.store()
      .then((store) => store.noteControl({ commandId, step: "acknowledged" }));
    return this.ctx.defer(noted);
  }

  find(commandId: string): Deferred<ControlRecord | null> {
    const found = this.#started()
      .peers.store()
      .then((store) => store.control(commandId));
    return this.ctx.defer(found);
  }

  history(request: Parameters<ControlChannel["history"]>[0]): Deferred<readonly ControlRecord[]> {
    const found = this.#started()
      .peers.store()
      .then((store) => store.controlsIssued(request));
    return this.ctx.defer(found);
  }

  register({ command, handler, scope }: ControlRegistration): Ack {
    const present = this.#own.get(command);
    if (isControlCommand(command) || (present && !isSameActor(present.handler, handler))) {
      const text = `${command} is the name of a command already; choose another`;
      throw reply(new Failure("name_taken", text));
    }
    if (!present && this.#own.size >= controlLimits.handlersMax) {
      const text = `${this.#own.size} commands have handlers, the most there may be; unregister one`;
      throw reply(new Failure("unavailable", text));
    }
    this.#own.set(command, { handler, scope });
    this.ctx.watch(handler);
    return ack;
  }

  unregister(command: string): Ack {
    const present = this.#own.get(command);
    this.#own.delete(command);
    const isUsed = [...this.#own.values()].some(
      ({ handler }) => present && isSameActor(handler, present.handler),
    );
    if (present && !isUsed) this.ctx.unwatch(present.handler);
    return ack;
  }

  withdraw({ command, handler }: Omit<ControlRegistration, "scope">): Ack {
    const present = this.#own.get(command);
    const isIts = present !== undefined && isSameActor(present.handler, handler);
    return isIts ? this.unregister(command) : ack;
  }

  override terminated(ref: AnyRef): void {
    for (const [command, { handler }] of this.#own) {
      if (isSameActor(handler, ref)) this.#own.delete(command);
    }
  }

  // ---- what a former channel left open

  resume(): void {
    const open = this.#started()
      .peers.store()
      .then((store) => store.openControls(controlLimits.resumedMax));
    this.ctx.pipe(open, "leftOpen", "notResumed");
  }

  leftOpen(open: readonly ControlRecord[]): void {
    const { runs } = this.#started();
    for (const record of open) {
      if (runs.isRunning(record.commandId)) continue;
      this.ctx.log("info", `a former channel left ${record.command} open`, {
        commandId: record.commandId,
      });
      void runs.resume(plannedIn(record), record);
    }
  }

  notResumed({ code, detail }: FailureData): void {
    this.ctx.log("info", `what was left open cannot be read yet: ${detail}`, { code });
    this.ctx.after(resumeAgainMs, "resume");
  }

  /** 104 bits of chance, and a number. */
  #newId(): string {
    const word = (): string => Math.floor(this.ctx.random() * 2 ** 52).toString(36);
    this.#idsMade += 1;
    return `${word()}${word()}-${this.#idsMade}`;
  }

  #started() {
    if (this.#runs && this.#peers && this.#refused) {
      return { runs: this.#runs, peers: this.#peers, refused: this.#refused };
    }
    throw new Failure("internal", "messages are handled after start, so its parts are there");
  }
}

const isSameActor = (a: AnyRef, b: AnyRef): boolean =>
  addressKey(a.$.address) === addressKey(b.$.address);
