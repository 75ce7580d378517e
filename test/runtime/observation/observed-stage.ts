// Actors, messages and time for tests that call an observer's hooks as the engine calls them.
import type { Address } from "#protocols/address.ts";
import type { HandlingEnd, ObservedActor, ObservedMessage } from "#runtime/core/observer.ts";
import type { Clock } from "#runtime/core/ports.ts";
import type { ObserverPart } from "#runtime/observation/observers.ts";

const node = { name: "test", incarnation: 1 };
let uids = 0;

export const addressOf = (path: string): Address => ({ node, path, uid: 0 });

export function actorAt(
  path: string,
  given: { readonly protocol?: string; readonly depth?: number; readonly restarts?: number } = {},
): ObservedActor {
  uids += 1;
  return {
    path,
    depth: given.depth ?? 0,
    restarts: given.restarts ?? 0,
    protocol: { id: given.protocol ?? "demo.Thing@1" },
    address: { node, path, uid: uids },
  };
}

export const messageOf = (given: Partial<ObservedMessage> = {}): ObservedMessage => ({
  payload: undefined,
  trace: undefined,
  sender: undefined,
  isAsk: false,
  from: given.sender && { address: given.sender },
  ...given,
});

export class HandClock implements Clock {
  nowMs = 0;
  /** How often somebody looked. */
  looks = 0;
  pass(ms: number): void {
    this.nowMs += ms;
  }
  now(): number {
    this.looks += 1;
    return this.nowMs;
  }
  wall(): number {
    return 1_700_000_000_000 + this.nowMs;
  }
}

/** One message handled from beginning to end. */
export function handleOnce(
  observer: ObserverPart,
  actor: ObservedActor,
  handling: {
    readonly method: string;
    readonly message?: Partial<ObservedMessage>;
    readonly end?: HandlingEnd;
    readonly meanwhile?: () => void;
  },
): void {
  const { method, message, end = "done", meanwhile } = handling;
  const token = observer.handling?.(actor, method, messageOf(message));
  meanwhile?.();
  observer.handled?.(actor, method, end, token);
}
