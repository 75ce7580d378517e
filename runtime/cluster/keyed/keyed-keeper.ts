// The parent of all keyed actors of one kind on a node, and the one to whom other nodes speak of its
// shards. What it knows stands in the region, which outlives it.
import type { AnyRef } from "#protocols/actor-ref.ts";
import {
  type Attached,
  type AttachRequest,
  type HeldReport,
  type HoldRequest,
  KeyedService,
} from "#protocols/cluster/keyed-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import {
  type FailedChild,
  type SupervisionSpec,
  supervisionDefault,
} from "#runtime/core/supervision.ts";
import type { KeyedRegion } from "./keyed-region.ts";

export interface KeeperArguments {
  readonly region: KeyedRegion;
}

export class KeyedKeeper
  extends Actor<KeyedService, KeeperArguments>
  implements Handlers<KeyedService>
{
  static readonly protocol = KeyedService;
  static readonly restart = "permanent";
  /** One that fails again and again ends by itself, and takes no other with it. */
  static readonly supervise: SupervisionSpec = {
    ...supervisionDefault,
    restartsMax: Number.POSITIVE_INFINITY,
    decide: (_failure: Failure, { restarts }: FailedChild) =>
      restarts < supervisionDefault.restartsMax ? "restart" : "stop",
  };
  static initial = (args: KeeperArguments): KeeperArguments => args;

  override start(): void {
    this.state.region.keeperBegins(this.ctx);
  }

  override stopped(): void {
    this.state.region.keeperEnds();
  }

  override terminated(ref: AnyRef): void {
    this.state.region.actorEnded(ref);
  }

  attach(request: AttachRequest): Attached {
    try {
      return this.state.region.attach(request);
    } catch (error) {
      throw reply(Failure.of(error));
    }
  }

  hold(request: HoldRequest): void {
    this.state.region.hold(request);
  }

  held(report: HeldReport): void {
    this.state.region.senderHolds(report);
  }
}
