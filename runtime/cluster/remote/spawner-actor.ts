// Spawns and stops actors of this node on behalf of others. Each has a steward as its parent:
//
//   /spawner ─► steward `counter` ─► the actor `counter`, an instance of a registered class
//
// A name is free again when the steward has ended; who asks for it between the actor's end and the
// steward's waits so long. A request that is made again is answered as before.
import type { AnyRef } from "#protocols/actor-ref.ts";
import {
  type SpawnRequest,
  SpawnService,
  type StopOrder,
  spawnerPath,
} from "#protocols/cluster/spawn-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { reply } from "#runtime/core/reply.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";
import { type PlacedActor, PlacedActors } from "./placed-actors.ts";
import type { SpawnCheck } from "./spawn-check.ts";
import { StewardActor, stewardSupervision } from "./steward.ts";

export interface SpawnerArguments {
  readonly check: SpawnCheck;
  /** The node shuts down: nothing new begins here. */
  isLeaving(): boolean;
  /** So many actors live here now. */
  counted(count: number): void;
  /** `limits.placedActorsMax` was met. */
  full(): void;
  ended(): void;
}

export class SpawnerActor
  extends Actor<SpawnService, SpawnerArguments>
  implements Handlers<SpawnService>
{
  static readonly protocol = SpawnService;
  static readonly supervise: SupervisionSpec = { ...supervisionDefault, decide: () => "stop" };
  static initial = (args: SpawnerArguments): SpawnerArguments => args;
  readonly #placed = new PlacedActors();

  spawn(request: SpawnRequest): Deferred<AnyRef> {
    const known = this.#placed.ofRequest(request.request);
    if (known) return this.ctx.defer(known.answer);
    const type = this.#checkedClass(request);
    const { name } = request.terms;
    const bearer = name === undefined ? undefined : this.#placed.ofName(name);
    if (!bearer?.isEnding) return this.ctx.defer(this.#begin(type, request));
    return this.ctx.defer(bearer.ended.then(() => this.#begin(type, request)));
  }

  keep(request: string): Ack {
    const placed = this.#placed.ofRequest(request);
    if (!placed || placed.isEnding) {
      const text = `the actor of ${request} has ended on ${this.ctx.node.name} before it was kept; spawn another`;
      throw reply(new Failure("not_found", text));
    }
    placed.steward.keep();
    return ack;
  }

  withdraw(request: string): void {
    this.#placed.ofRequest(request)?.steward.end("drop");
  }

  stop({ actor, pending }: StopOrder): Ack | Deferred<Ack> {
    const placed = this.#placed.ofActor(actor);
    if (placed) {
      placed.steward.end(pending);
      return this.ctx.defer(placed.ended.then(() => ack));
    }
    if (actor.$.address.path.startsWith(`${spawnerPath}/`)) return ack;
    const text = `${actor.$.toString()} was not spawned from elsewhere: let its own node stop it, or send it a message`;
    throw reply(new Failure("invalid", text));
  }

  override stopped(): void {
    this.state.ended();
  }

  override terminated(ref: AnyRef): void {
    const gone = this.#placed.terminated(ref);
    if (!gone) return;
    gone.end();
    this.state.counted(this.#placed.count);
  }

  #checkedClass(request: SpawnRequest): ActorClass {
    const { check, full, isLeaving } = this.state;
    const here = this.ctx.node.name;
    if (isLeaving()) {
      throw reply(new Failure("unavailable", `${here} shuts down; place the actor elsewhere`));
    }
    if (this.#placed.count >= limits.placedActorsMax) {
      full();
      const text = `${limits.placedActorsMax} actors were spawned on ${here} from elsewhere; stop some, or place it elsewhere`;
      throw reply(new Failure("unavailable", text));
    }
    const type = check.classFor(request);
    if (type instanceof Failure) throw reply(type);
    return type;
  }

  // What is wrong with the options is the request's fault, and no crash of this actor.
  async #begin(type: ActorClass, request: SpawnRequest): Promise<AnyRef> {
    const { name } = request.terms;
    const { promise, settle } = birth();
    const steward = this.ctx.spawn(
      StewardActor,
      { type, request, born: settle },
      {
        ...(name === undefined ? {} : { name }),
        supervise: stewardSupervision(request.supervisedAs, () => this.ctx.now()),
      },
    );
    this.ctx.watch(steward);
    const { ended, end } = ending();
    const placed: PlacedActor = {
      ...{ request: request.request, name, steward, answer: promise, ended, end },
      ...{ actor: undefined, isEnding: false },
    };
    this.#placed.add(placed);
    const early = new Failure("actor_stopped", `${steward.$.toString()} ended at once`);
    void ended.then(() => settle(early));
    this.state.counted(this.#placed.count);
    const actor = await promise;
    this.#placed.born(placed, actor);
    this.ctx.watch(actor);
    return actor;
  }
}

function birth(): {
  readonly promise: Promise<AnyRef>;
  readonly settle: (outcome: AnyRef | Failure) => void;
} {
  let settle: (outcome: AnyRef | Failure) => void = () => {};
  const promise = new Promise<AnyRef>((resolve, reject) => {
    settle = (outcome) => (outcome instanceof Failure ? reject(outcome) : resolve(outcome));
  });
  promise.catch(() => {});
  return { promise, settle };
}

function ending(): { readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}
