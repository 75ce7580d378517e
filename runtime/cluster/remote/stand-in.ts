// A child that stands for an actor elsewhere: it has the mailbox and the ref, passes on what it is
// sent, and fares as the other one does, so that its parent supervises it like any child.
//
//   parent ─► stand-in ══► steward ─► the actor        (another node)
//
//   the actor stopped               the stand-in stops, too
//   it crashed once too often       the stand-in fails of the same
//   its node went down              the stand-in fails of `node_down`: restarted, it places it anew
//   the stand-in ends or restarts   the actor is stopped
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Placement } from "#protocols/cluster/actor-placement.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass, LifeTimes } from "#runtime/core/actor-class.ts";
import { type PlacedBirth, placeWithinMs, type StandIn } from "#runtime/core/elsewhere.ts";
import { mailboxBefore } from "#runtime/core/mailbox-before.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";
import { className } from "./actor-kinds.ts";
import { endWithinMs, type StandInMessages, StandInWork } from "./stand-in-work.ts";

/** A class to spawn in place of the other, with the same arguments. */
export type PlacedClass<T extends ActorClass> = Pick<
  T,
  keyof T & ("protocol" | "initial" | "restart" | "startTimeoutMs" | "stopTimeoutMs")
> & { new (): object };

export interface PlacedClassTerms {
  /** Milliseconds to find a node and spawn it there. Default: 10 s. */
  readonly within?: number;
}

/**
 * The class, to be spawned on a node that fits: `ctx.spawn(placedOn({ role: "gpu" }, Painter), args)`,
 * or as the workers of a pool. Its ref stays when it is placed anew; messages wait meanwhile. A node
 * that cannot be found in time is a failure of its `start`.
 */
export function placedOn<T extends ActorClass>(
  placement: Placement,
  type: T,
  terms: PlacedClassTerms = {},
): PlacedClass<T> {
  return typed(standInClass({ placement, type, within: terms.within ?? placeWithinMs }));
}

/** The child of `ctx.spawnOn`, whose first failure is its spawner's and not its supervisor's. */
export function standInFor({ placement, type, args, options }: PlacedBirth): StandIn {
  const { within = placeWithinMs, ...own } = options;
  let refusal: Failure | undefined;
  const standIn = standInClass({
    ...{ placement, type, within },
    options: own,
    refused: (failure) => {
      refusal = failure;
    },
  });
  return { birth: { type: standIn, args, options: own }, refusal: () => refusal };
}

interface StandInTerms {
  readonly placement: Placement;
  readonly type: ActorClass;
  readonly within: number;
  readonly options?: PlacedBirth["options"];
  /** Takes the failure of the first attempt. */
  readonly refused?: (failure: Failure) => void;
}

function standInClass({ placement, type, within, options, refused }: StandInTerms): ActorClass {
  let isFirst = refused !== undefined;

  class StandInActor extends Actor<unknown, { readonly args: unknown }, StandInMessages> {
    static readonly protocol = type.protocol;
    static readonly mailbox = mailboxBefore(type);
    static readonly restart = type.restart;
    static readonly startTimeoutMs = type.startTimeoutMs;
    static readonly stopTimeoutMs = type.stopTimeoutMs;
    static readonly standInTimes = ({ stopTimeoutMs }: LifeTimes): LifeTimes => ({
      startTimeoutMs: within + 1_000,
      stopTimeoutMs: endWithinMs(stopTimeoutMs) + 1_000,
    });
    static {
      declareHandlers(StandInActor.prototype, type.protocol, (standIn) => standIn.#work?.pass());
    }
    #work: StandInWork | undefined;

    override async start(): Promise<void> {
      const isAttempt = isFirst;
      isFirst = false;
      const { args } = this.state;
      this.#work = new StandInWork(this.ctx, { placement, type, args, within, options });
      try {
        this.#work.placed(await this.#work.place());
      } catch (error) {
        if (!isAttempt) throw error;
        refused?.(Failure.of(error));
      }
    }

    override async stopped(): Promise<void> {
      await this.#work?.end();
    }

    override terminated(ref: AnyRef, exit: Exit): void {
      this.#work?.ended(ref, exit);
    }

    placedAnew(actor: AnyRef): void {
      this.#work?.placed(actor);
    }

    notPlaced({ code, detail }: FailureData): void {
      throw new Failure(code, detail);
    }
  }

  const hasArguments = (type.initial?.length ?? 0) > 0;
  const initial = hasArguments ? (args: unknown) => ({ args }) : () => ({ args: undefined });
  Object.defineProperty(StandInActor, "initial", { value: initial });
  Object.defineProperty(StandInActor, "name", { value: `${className(type)} elsewhere` });
  return typed(StandInActor);
}

// biome-ignore lint/suspicious/noExplicitAny: generated handlers are those of the class's protocol.
const typed = (made: any): any => made;
