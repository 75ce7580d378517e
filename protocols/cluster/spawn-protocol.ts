// How one node has actors spawned and stopped on another: by the class's name, with arguments that are
// plain data. Whoever asked says `keep` when he has the ref; until then the actor is on approval and
// ends with `withdraw`, with its keeper, or by itself after a while, so that an answer that is lost
// leaves no actor behind that nobody knows.
import Type from "typebox";
import type { AnyRef } from "../actor-ref.ts";
import { type Ack, ask, protocol, tell } from "../protocol.ts";
import { anyRef } from "../schema.ts";

/** As `SupervisionSpec`, whose decisions are a table. */
export interface PlainSupervision {
  readonly strategy: "one-for-one" | "rest-for-one" | "one-for-all";
  readonly restartsMax: number;
  readonly withinMs: number;
  readonly backoff: {
    readonly delayMsMin: number;
    readonly delayMsMax: number;
    readonly factor: number;
    readonly jitter: number;
  };
  readonly decide?: Readonly<Record<string, "resume" | "restart" | "stop" | "escalate">>;
}

/** As the options of `spawn`: what is wrong in them is refused where the actor is made. */
export interface PlacedTerms {
  readonly name?: string;
  readonly restart?: "permanent" | "transient" | "temporary";
  readonly startTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
  readonly supervise?: PlainSupervision;
  readonly mailbox?: {
    readonly capacity: number;
    readonly bytesMax?: number;
    readonly whenFull: "reject" | "drop-oldest" | "drop-lowest-priority" | "backpressure";
    readonly priorities?: Readonly<Record<string, number>>;
  };
}

export interface SpawnRequest {
  /** The same attempt, made again, has the same one. */
  readonly request: string;
  /** The name of the actor's class. */
  readonly kind: string;
  readonly protocolId: string;
  readonly args?: unknown;
  readonly terms: PlacedTerms;
  /** What becomes of it when it crashes; `escalate` ends it. Left out: any crash ends it. */
  readonly supervisedAs?: PlainSupervision;
  readonly keeper: AnyRef;
  /** Whether it ends with its keeper for good, or only until it is kept. */
  readonly tie: "for-life" | "until-kept";
}

export interface StopOrder {
  readonly actor: AnyRef;
  readonly pending: "drop" | "drain";
}

export interface SpawnService {
  /**
   * Answered when the actor is there; its `start` may take longer. Fails with `not_found` for an
   * unknown kind, `protocol_mismatch`, `name_taken`, `invalid` for arguments and options that do not
   * fit, `unavailable` at the limit and on a node that leaves.
   */
  spawn(request: SpawnRequest): AnyRef;
  /** Fails with `not_found` when it has ended meanwhile. */
  keep(request: string): Ack;
  withdraw(request: string): void;
  /** Answered when it has ended. Fails with `invalid` for one that was not spawned from elsewhere. */
  stop(order: StopOrder): Ack;
}

/** Where it lives on each node, and what it spawns lives below. */
export const spawnerPath = "/spawner";

const Name = Type.String({ minLength: 1, maxLength: 255 });
// Infinity is a number of restarts, and of milliseconds, that JSON's schemas do not know.
const Count = Type.Refine(
  Type.Unknown(),
  (value) => typeof value === "number" && value >= 0,
  () => "is no number from 0",
);
const Supervision = Type.Object({
  strategy: Name,
  restartsMax: Count,
  withinMs: Count,
  backoff: Type.Object({ delayMsMin: Count, delayMsMax: Count, factor: Count, jitter: Count }),
  decide: Type.Optional(Type.Record(Type.String(), Name)),
});
const Terms = Type.Object({
  name: Type.Optional(Name),
  restart: Type.Optional(Name),
  startTimeoutMs: Type.Optional(Count),
  stopTimeoutMs: Type.Optional(Count),
  supervise: Type.Optional(Supervision),
  mailbox: Type.Optional(
    Type.Object({
      capacity: Count,
      bytesMax: Type.Optional(Count),
      whenFull: Name,
      priorities: Type.Optional(Type.Record(Type.String(), Count)),
    }),
  ),
});

export const SpawnService = protocol<SpawnService>("troupe.Spawner@1", {
  spawn: ask({ within: 10_000 }),
  keep: ask({ within: 10_000 }),
  withdraw: tell,
  stop: ask({ within: 30_000 }),
}).checked({
  spawn: [
    Type.Object({
      request: Name,
      kind: Name,
      protocolId: Name,
      args: Type.Optional(Type.Unknown()),
      terms: Terms,
      supervisedAs: Type.Optional(Supervision),
      keeper: anyRef,
      tie: Type.Union([Type.Literal("for-life"), Type.Literal("until-kept")]),
    }),
  ],
  keep: [Name],
  withdraw: [Name],
  stop: [
    Type.Object({
      actor: anyRef,
      pending: Type.Union([Type.Literal("drop"), Type.Literal("drain")]),
    }),
  ],
});
