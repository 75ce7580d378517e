// Asks people for the handlers of a worker. A question that parks ends its attempt, and with it all else
// that the attempt is doing; so it holds while another question of the attempt is to be held.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { PersonQuestion } from "#protocols/tasks/confirmation.ts";
import type { Confirmations } from "#protocols/tasks/confirmations.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { Confirmation, LeaseRef, TaskLease } from "#protocols/tasks/task.ts";
import { askPerson, Parked, wishOf } from "./ask-person.ts";

export interface QuestionPorts {
  /** Who carries questions to people; may be looked for each time. */
  confirmations(): Promise<Ref<Confirmations>>;
  /** Of the worker. */
  node(): string;
  /** The attempt has ended: its lease is nobody's, and it is not to be reported. */
  parked(lease: LeaseRef): void;
  /** What was reported last of how far the attempt is. */
  reached(lease: LeaseRef): Reached | undefined;
  /** Resolves after so many milliseconds; fails when the signal is aborted. */
  rest(ms: number, signal: AbortSignal): Promise<void>;
}

export interface AskingAttempt {
  readonly lease: TaskLease;
  /** Aborted when it is to be given up. */
  readonly signal: AbortSignal;
}

/** Before it is looked again for who carries questions. */
const restMs = 1_000;

export class QuestionDesk {
  readonly #ports: QuestionPorts;
  /** By fence: the questions under way that hold their attempt. */
  readonly #held = new Map<number, number>();

  constructor(ports: QuestionPorts) {
    this.#ports = ports;
  }

  /** Throws `Parked` when the attempt is over; fails with `cancelled` when it is given up. */
  async ask(attempt: AskingAttempt, question: PersonQuestion): Promise<Confirmation> {
    const { lease, signal } = attempt;
    const ports = this.#ports;
    const isHeld = wishOf(question) === "hold";
    if (isHeld) this.#hold(lease, 1);
    try {
      return await askPerson(
        {
          ...{ lease, signal, node: ports.node() },
          confirmations: () => this.#carrier(),
          reached: () => ports.reached(lease),
          mayPark: () => !this.#held.has(lease.fence),
          pause: () => ports.rest(restMs, signal),
        },
        question,
      );
    } catch (cause) {
      if (cause instanceof Parked) ports.parked(lease);
      throw cause;
    } finally {
      if (isHeld) this.#hold(lease, -1);
    }
  }

  #hold({ fence }: LeaseRef, more: number): void {
    const count = (this.#held.get(fence) ?? 0) + more;
    if (count === 0) this.#held.delete(fence);
    else this.#held.set(fence, count);
  }

  async #carrier(): Promise<Ref<Confirmations>> {
    try {
      return await this.#ports.confirmations();
    } catch (cause) {
      const { detail } = Failure.of(cause);
      throw new Failure("unavailable", `nobody can be asked just now: ${detail}`, cause);
    }
  }
}
