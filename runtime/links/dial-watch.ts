// What dialling each peer has shown so far, told whenever it becomes another. Pure: its owner says what
// happened, and asks it again when something may have become overdue.
//
// Times are kept in milliseconds that this process ran, so that its own standing still is nobody's
// silence, and told on the node's clock.
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import { type DialEventName, DialEvidence } from "./dial-evidence.ts";
import { RunningTime } from "./running-time.ts";

/** Milliseconds between two looks, as long as something may become overdue. */
export const dialLookMs = 50;
/** A gap of more says that the event loop stood still. */
const stepMs = 2 * dialLookMs;

interface Dialling {
  readonly evidence: DialEvidence;
  told: DialSight | undefined;
}

export type DialListener = (peer: string, sight: DialSight) => void;

export class DialWatch {
  readonly #time = new RunningTime(stepMs);
  readonly #dialled = new Map<string, Dialling>();
  readonly #now: () => number;
  readonly #listener: DialListener;

  constructor(now: () => number, listener: DialListener) {
    this.#now = now;
    this.#listener = listener;
  }

  saw(peer: string, event: DialEventName): void {
    const known = this.#dialled.get(peer);
    const dialling = known ?? { evidence: new DialEvidence(), told: undefined };
    if (!known) this.#dialled.set(peer, dialling);
    dialling.evidence.saw(event, this.#time.now(this.#now()));
    this.#tell(peer, dialling);
  }

  /** The socket was given up from here; another may be dialled. */
  ended(peer: string): void {
    const dialling = this.#dialled.get(peer);
    if (!dialling) return;
    dialling.evidence.ended(this.#time.now(this.#now()));
    this.#tell(peer, dialling);
  }

  /** That peer is dialled no more, and nothing is told of it. */
  forget(peer: string): void {
    this.#dialled.delete(peer);
  }

  /** When it must be asked again; Infinity while nothing can become overdue. */
  look(): number {
    for (const [peer, dialling] of this.#dialled) this.#tell(peer, dialling);
    const isPending = [...this.#dialled.values()].some(({ evidence }) => evidence.isPending);
    return isPending ? this.#now() + dialLookMs : Number.POSITIVE_INFINITY;
  }

  #tell(peer: string, dialling: Dialling): void {
    const nowMs = this.#now();
    const runMs = this.#time.now(nowMs);
    const sight = dialling.evidence.look(runMs);
    if (sight === undefined || sight === dialling.told) return;
    dialling.told = sight;
    this.#listener(peer, { kind: sight.kind, sinceMs: nowMs - (runMs - sight.sinceMs) });
  }
}
