// The directory, as far as moving needs it: entries with revisions, compare-and-set. Calls wait until the
// world has them done, so that they and their answers may be late, and answers be lost.
import type { ActorId, LocationEntry } from "#protocols/cluster/migration.ts";
import type { LocationClaim } from "#runtime/cluster/migration/location-claim.ts";
import type { ClaimTicket } from "#runtime/cluster/migration/migration-port.ts";
import type { ClaimAnswer } from "#runtime/cluster/migration/peer-message.ts";
import type { PuppetNode } from "./migration-actors.ts";

export interface DirectoryCall {
  readonly node: PuppetNode;
  readonly aid: ActorId;
  readonly claim: LocationClaim;
  readonly ticket: ClaimTicket;
  answer: ClaimAnswer | undefined;
  /** The asker was told that nobody answers; the call may happen all the same. */
  isGivenUp: boolean;
}

export class PuppetDirectory {
  readonly calls: DirectoryCall[] = [];
  readonly swept = new Set<ActorId>();
  readonly #entries = new Map<ActorId, { entry: LocationEntry; revision: number }>();
  readonly #isFenced: boolean;
  #revision = 0;

  /** Without fences every claim is granted: a broken directory, to see that the test notices. */
  constructor(fences: "fenced" | "unfenced") {
    this.#isFenced = fences === "fenced";
  }

  ask(node: PuppetNode, aid: ActorId, claim: LocationClaim, ticket: ClaimTicket): void {
    this.calls.push({ node, aid, claim, ticket, answer: undefined, isGivenUp: false });
  }

  get(aid: ActorId): LocationEntry | undefined {
    return this.#entries.get(aid)?.entry;
  }

  /** The entry of a node that is gone, once nobody has claimed it in time. */
  sweep(aid: ActorId): void {
    this.#entries.delete(aid);
    this.swept.add(aid);
  }

  /** One more thing happens to the call: it is done, answered, or loses its answer. */
  advance(call: DirectoryCall, chance: number): void {
    const finish = (answer: ClaimAnswer | undefined): void => {
      this.calls.splice(this.calls.indexOf(call), 1);
      if (answer && call.node.isRunning && !call.isGivenUp) {
        call.node.desk.claimed(call.ticket, answer);
      }
    };
    if (call.answer) {
      finish(chance < 0.15 ? { kind: "unknown" } : call.answer);
    } else if (chance < 0.1 && !call.isGivenUp) {
      call.isGivenUp = true;
      if (call.node.isRunning) call.node.desk.claimed(call.ticket, { kind: "unknown" });
    } else if (chance < 0.13 && call.isGivenUp) {
      finish(undefined);
    } else {
      call.answer = this.#put(call.aid, call.claim);
    }
  }

  #put(aid: ActorId, { wanted, expect }: LocationClaim): ClaimAnswer {
    const present = this.#entries.get(aid);
    const isExpected = (present?.revision ?? "absent") === expect;
    if (this.#isFenced && !isExpected) {
      return present ? { kind: "conflict", present } : { kind: "conflict" };
    }
    this.#revision += 1;
    this.#entries.set(aid, { entry: wanted, revision: this.#revision });
    return { kind: "put", revision: this.#revision };
  }
}
