// Who may be in the gateway at a time: counts requests and the bytes of their bodies, says no when
// either is at its limit, and tells when everybody has left.
import { limits } from "#protocols/limits.ts";

export interface Permit {
  /** False: the gateway is full and the request is to be refused. `leave` is called all the same. */
  readonly isGranted: boolean;
  /** Reserves bytes until `leave`; false when the gateway cannot hold so many more. */
  reserve(bytes: number): boolean;
  /** Gives back everything; what comes after it does nothing. */
  leave(): void;
}

export interface AdmissionLimits {
  readonly requestsMax: number;
  readonly bytesMax: number;
}

const standard: AdmissionLimits = {
  requestsMax: limits.httpRequestsMax,
  bytesMax: limits.httpBufferedBytesMax,
};

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #waiters = new Set<() => void>();
  #requests = 0;
  #bytes = 0;

  constructor(bounds: AdmissionLimits = standard) {
    this.#limits = bounds;
  }

  get requests(): number {
    return this.#requests;
  }

  enter(): Permit {
    const isGranted = this.#requests < this.#limits.requestsMax;
    let bytesHeld = 0;
    let isInside = true;
    this.#requests += 1;
    return {
      isGranted,
      reserve: (bytes) => {
        if (!isInside || this.#bytes + bytes > this.#limits.bytesMax) return false;
        bytesHeld += bytes;
        this.#bytes += bytes;
        return true;
      },
      leave: () => {
        if (!isInside) return;
        isInside = false;
        this.#bytes -= bytesHeld;
        this.#requests -= 1;
        if (this.#requests === 0) this.#wake();
      },
    };
  }

  /** Resolves when nobody is inside, or when the signal is aborted. */
  idle(signal?: AbortSignal): Promise<void> {
    if (this.#requests === 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(done);
        resolve();
      };
      signal?.addEventListener("abort", done, { once: true });
      this.#waiters.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiters]) done();
  }
}
