// What an actor's handlers and its family tell its household, and what that does about it.
import { formatAddress } from "#protocols/address.ts";
import type { ActorTimers } from "./actor-timers.ts";
import type { CellHost } from "./cell-host.ts";
import type { Child } from "./child.ts";
import type { Linked } from "./children.ts";
import { Family } from "./family.ts";
import type { HandlingPorts } from "./handling.ts";
import type { Life } from "./life.ts";
import type { ObservedActor } from "./observer.ts";
import type { LogLevel } from "./ports.ts";
import type { Stash } from "./stash.ts";
import type { SupervisionSpec } from "./supervision.ts";
import type { Travel } from "./travel.ts";

/** A household, as far as these tell it something. */
export interface Told {
  readonly host: CellHost;
  readonly owner: ObservedActor & { readonly kind: { readonly supervise: SupervisionSpec } };
  readonly stash: Stash;
  readonly timers: ActorTimers;
  readonly travel: Travel | undefined;
  readonly hasLife: boolean;
  readonly life: Life;
  after(ms: number, ring: () => void): () => void;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export function handlingPortsOf(household: Told): Omit<HandlingPorts, "eased"> {
  const { host, owner } = household;
  return {
    ended: (call, end) => {
      host.counts.inFlight -= 1;
      host.counts.processed += 1;
      host.observer?.handled(owner, call.selector.name, end, call.token);
    },
    stashed: (call) => {
      const full = household.stash.add(call);
      if (full) return full;
      host.counts.inFlight -= 1;
      host.observer?.handled(owner, call.selector.name, "put-aside", call.token);
      if (call.origin?.ticket) household.timers.putBack(call.origin.ticket);
      return undefined;
    },
    crashed: (failure, method) => household.life.crash(failure, method),
    refused: ({ code, detail }, call) => {
      const method = call.selector.name;
      household.log("warn", `${method} was refused: ${detail}`, { code });
      const to = formatAddress(owner.address);
      host.deadLetters.add({ reason: code, to, method, from: call.origin?.sender });
    },
    idle: () => {
      if (household.hasLife) household.life.idle();
      household.travel?.boundary?.();
    },
  };
}

export function familyOf<C extends Child & Linked<C>>(household: Told): Family<C> {
  const { host, owner } = household;
  return new Family(owner.kind.supervise, {
    now: () => host.clock.now(),
    chance: () => host.random.next(),
    after: (ms, ring) => household.after(ms, ring),
    escalate: (failure, child) => household.life.crash(failure, `child ${child.name}`),
    restarting: (child, delayMs) =>
      household.log("info", `restarting ${child.name} in ${Math.round(delayMs)} ms`),
  });
}
