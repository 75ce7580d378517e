// Who was refused: all are counted, a few a second are told in the log, so that a flood of strangers
// fills no disk. Pure.
import type { Clock, Log } from "#runtime/core/ports.ts";

export const refusalKinds = [
  /** A key that the registry does not list. */
  "unlisted_key",
  /** No CURVE at all: a plain peer, a PLAIN password, another program. */
  "wrong_mechanism",
  /** It does not know this node's key, or speaks CURVE wrongly. */
  "failed_handshake",
  /** It went away before it had shown anything. */
  "left_early",
  /** Asked of the handler, but not as libzmq asks. */
  "odd_request",
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

/** Lines a second; what is not told is counted in the next line. */
const linesMax = 5;

export interface Refusal {
  readonly kind: RefusalKind;
  /** As far as it is known. */
  readonly address: string;
  readonly detail: string;
}

export class StrangerLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts = new Map<RefusalKind, number>();
  #secondEndsMs = Number.NEGATIVE_INFINITY;
  #linesLeft = 0;
  #untold = 0;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  get counts(): Readonly<Partial<Record<RefusalKind, number>>> {
    return Object.fromEntries(this.#counts);
  }

  refused({ kind, address, detail }: Refusal): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (!this.#hasLine()) {
      this.#untold += 1;
      return;
    }
    const fields = { kind, address, ...(this.#untold === 0 ? {} : { untold: this.#untold }) };
    this.#untold = 0;
    this.#log.write("warn", "/system/links/strangers", `refused a stranger: ${detail}`, fields);
  }

  #hasLine(): boolean {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#secondEndsMs) {
      this.#secondEndsMs = nowMs + 1_000;
      this.#linesLeft = linesMax;
    }
    this.#linesLeft -= 1;
    return this.#linesLeft >= 0;
  }
}
