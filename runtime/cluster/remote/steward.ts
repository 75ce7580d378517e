// The parent of one actor that was spawned from elsewhere: supervises it as its spawner wants it to
// be, and ends it when whoever keeps it is gone.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { PlainSupervision, SpawnRequest } from "#protocols/cluster/spawn-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass, Pending } from "#runtime/core/actor-class.ts";
import { RestartWindow } from "#runtime/core/restart-window.ts";
import {
  checkSupervision,
  type SupervisionSpec,
  supervisionDefault,
} from "#runtime/core/supervision.ts";

export interface Steward {
  /** It is known that its actor arrived; it is not on approval any more. */
  keep(): void;
  end(pending: Pending): void;
}

const Steward = protocol<Steward>("troupe.Steward@1", { keep: tell, end: tell });

export interface StewardArguments {
  readonly type: ActorClass;
  readonly request: SpawnRequest;
  /** The actor is there, or why it cannot be. */
  born(outcome: AnyRef | Failure): void;
}

interface Own {
  approvalEnded(): void;
}

/** Milliseconds that an actor is on approval. */
const approvalMsMax = 60_000;

export class StewardActor
  extends Actor<Steward, StewardArguments, Own>
  implements Handlers<Steward & Own>
{
  static readonly protocol = Steward;
  static readonly restart = "temporary";
  static initial = (args: StewardArguments): StewardArguments => args;
  #actor: AnyRef | undefined;

  override start(): void {
    const { born, request, type } = this.state;
    const { args, keeper, terms } = request;
    try {
      const actor = this.ctx.spawnAs(type, args, terms);
      this.#actor = actor;
      this.ctx.watch(actor);
      this.ctx.watch(keeper);
      this.ctx.after({ ms: approvalMsMax, key: "approval" }, "approvalEnded");
      born(actor);
    } catch (error) {
      born(Failure.of(error));
      this.ctx.stop();
    }
  }

  keep(): void {
    this.ctx.cancel("approval");
    const { keeper, tie } = this.state.request;
    if (tie === "until-kept") this.ctx.unwatch(keeper);
  }

  end(pending: Pending): void {
    if (pending === "drain" && this.#actor) this.ctx.stop(this.#actor, { pending });
    else this.ctx.stop();
  }

  override terminated(ref: AnyRef): void {
    if (ref !== this.#actor) {
      this.ctx.log("info", `${ref.$.toString()} is gone, and its actor here ends with it`);
    }
    this.#actor = undefined;
    this.ctx.stop();
  }

  approvalEnded(): void {
    const { keeper, request } = this.state.request;
    this.ctx.log("warn", `${keeper.$.toString()} did not say that it got the actor`, { request });
    this.ctx.stop();
  }
}

/**
 * How a steward treats its actor: as the table says, and one restart too many ends the actor with its
 * failure, for whoever watches it. Without a table any crash does. Fails with `invalid`.
 */
export function stewardSupervision(
  plain: PlainSupervision | undefined,
  now: () => number,
): SupervisionSpec {
  if (plain === undefined) return { ...supervisionDefault, decide: () => "stop" };
  checkSupervision(plain);
  const window = new RestartWindow(plain);
  const { decide: table = {} } = plain;
  return {
    ...plain,
    strategy: "one-for-one",
    decide: ({ code }) => {
      const directive = Object.hasOwn(table, code) ? table[code] : "restart";
      if (directive === "escalate") return "stop";
      if (directive !== "restart") return directive;
      return window.record(now()) ? "restart" : "stop";
    },
  };
}
