// What is known when an actor crashes: who, during what, why, and what came before. Pure.
import { formatAddress } from "#protocols/address.ts";
import type { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { ObservedActor } from "#runtime/core/observer.ts";
import { type CauseChain, causeChain } from "./cause-chain.ts";
import { payloadShape, payloadValue } from "./payload-shape.ts";
import type { RecordedEvent, RecordedHandling } from "./recorded-event.ts";

export interface Crash {
  readonly actor: ObservedActor;
  readonly failure: Failure;
  /** The method's name, `start`, `child NAME` and so on. */
  readonly during: string;
  /** The recorder's lines of this actor, oldest first. */
  readonly events: readonly RecordedEvent[];
  /** On the clock of the events. */
  readonly nowMs: number;
  readonly wallMs: number;
  /**
   * What is told of payloads: type and size, or what they say. Values under a secret's name are
   * removed, others are not: whoever reads the report reads them.
   */
  readonly payloads: "shape" | "value";
}

export interface ReportLine {
  /** Milliseconds before the crash. */
  readonly agoMs: number;
  readonly what: string;
  readonly kind: "ask" | "tell" | "event";
  readonly sender: string | undefined;
  readonly payload: string | undefined;
  readonly end: string;
  readonly tookMs: number | undefined;
}

export interface CrashReport {
  readonly path: string;
  readonly node: string;
  readonly protocol: string;
  readonly wallMs: number;
  readonly during: string;
  readonly code: FailureCode;
  readonly detail: string;
  /** `event`: no message was being handled. */
  readonly messageKind: "ask" | "tell" | "event";
  readonly sender: string | undefined;
  /** The message that crashed, if one did and it is known. */
  readonly payload: string | undefined;
  /** Messages that waited. */
  readonly waiting: number;
  /** Restarts before this crash. */
  readonly restarts: number;
  readonly causes: CauseChain;
  /** Oldest first; the last is the crash itself, if the recorder has it. */
  readonly last: readonly ReportLine[];
}

export function crashReport(crash: Crash): CrashReport {
  const { actor, failure, during, events, nowMs, wallMs } = crash;
  const fatal = fatalHandling(events, during);
  const causes = causeChain(failure);
  return {
    path: actor.path,
    node: actor.address.node.name,
    protocol: actor.protocol.id,
    wallMs,
    during,
    code: failure.code,
    detail: causes.causes[0]?.message.replace(`${failure.code}: `, "") ?? "",
    messageKind: fatal ? kindOf(fatal) : "event",
    sender: fatal?.sender && formatAddress(fatal.sender),
    payload: fatal && payloadOf(fatal, crash.payloads),
    waiting: actor.depth,
    restarts: actor.restarts,
    causes,
    last: events.map((event) => lineOf(event, nowMs, crash.payloads)),
  };
}

/** The newest handling of that name that crashed, or is open as far as the recorder knows. */
const fatalHandling = (
  events: readonly RecordedEvent[],
  during: string,
): RecordedHandling | undefined =>
  events.findLast(
    (event): event is RecordedHandling =>
      event.kind === "handling" &&
      event.method === during &&
      (event.end === "crashed" || event.end === "open"),
  );

function lineOf(event: RecordedEvent, nowMs: number, show: Crash["payloads"]): ReportLine {
  if (event.kind === "handling") {
    const { method, sender, beginMs, end, endMs } = event;
    return {
      agoMs: Math.max(0, nowMs - beginMs),
      what: method,
      kind: kindOf(event),
      sender: sender && formatAddress(sender),
      payload: payloadOf(event, show),
      end,
      tookMs: endMs === undefined ? undefined : Math.max(0, endMs - beginMs),
    };
  }
  return {
    agoMs: Math.max(0, nowMs - event.atMs),
    what: event.kind === "failed" ? event.during : "restart",
    kind: "event",
    sender: undefined,
    payload: undefined,
    end: event.kind,
    tookMs: undefined,
  };
}

const kindOf = ({ isAsk }: RecordedHandling): "ask" | "tell" => (isAsk ? "ask" : "tell");

function payloadOf({ held, payload }: RecordedHandling, show: Crash["payloads"]): string {
  if (!held || held.value === undefined) return payload;
  return show === "value" ? payloadValue(held.value) : payloadShape(held.value);
}
