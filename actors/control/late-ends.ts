// Ends of commands that the store could not keep when they came. They were told all the same; here they wait
// until it can, so that whoever issues the command again hears the same end, and the history has it.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlAnswer } from "#protocols/tasks/control.ts";
import type { ControlNoted } from "#protocols/tasks/control-records.ts";
import type { ControlCounts } from "./control-counts.ts";

export interface LateEndPorts {
  readonly counts: Pick<ControlCounts, "reached" | "stands">;
  finish(answer: ControlAnswer): Promise<ControlNoted>;
  sleep(ms: number): Promise<void>;
  /** It will not be kept. */
  unkept(answer: ControlAnswer, failure: Failure): void;
}

const pauseMs = 1_000;

export class LateEnds {
  readonly #ports: LateEndPorts;
  readonly #ends = new Map<string, ControlAnswer>();
  #isAtWork = false;

  constructor(ports: LateEndPorts) {
    this.#ports = ports;
  }

  of(commandId: string): ControlAnswer | undefined {
    return this.#ends.get(commandId);
  }

  /** Full: the oldest is given up; under its id the command then ends as the store ends it. */
  add(answer: ControlAnswer): void {
    if (this.#ends.size >= controlLimits.lateEndsMax) this.#giveUpOldest();
    this.#ends.set(answer.commandId, answer);
    this.#stands();
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    // A channel that ends gives up its pauses: nothing is left to be done here then.
    void this.#untilKept().catch(() => undefined);
  }

  async #untilKept(): Promise<void> {
    while (this.#ends.size > 0) {
      await this.#ports.sleep(pauseMs);
      for (const answer of [...this.#ends.values()]) {
        if (!(await this.#isOver(answer))) break;
        this.#ends.delete(answer.commandId);
        this.#stands();
      }
    }
    this.#isAtWork = false;
  }

  /** Kept, ended otherwise meanwhile, or never to be kept. */
  async #isOver(answer: ControlAnswer): Promise<boolean> {
    try {
      await this.#ports.finish(answer);
      return true;
    } catch (cause) {
      const failure = Failure.of(cause);
      if (failure.isRetryable) return false;
      this.#ports.unkept(answer, failure);
      return true;
    }
  }

  #giveUpOldest(): void {
    const [oldest] = this.#ends.values();
    if (!oldest) return;
    this.#ends.delete(oldest.commandId);
    this.#ports.counts.reached("control_late_ends");
    this.#ports.unkept(oldest, new Failure("unavailable", "too many ends wait for the store"));
  }

  #stands(): void {
    this.#ports.counts.stands("control_late_ends", this.#ends.size);
  }
}
