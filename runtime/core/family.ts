// The children of one actor and what becomes of them when one fails. Children stand in start order;
// they end in the reverse of it.
import { Failure } from "#protocols/failure.ts";
import { backoffDelay } from "./backoff.ts";
import { inSequence } from "./hooks.ts";
import { RestartWindow } from "./restart-window.ts";
import { affected, directiveFor, type SupervisionSpec } from "./supervision.ts";

/** A child as its parent's supervision sees it. */
export interface Child {
  readonly name: string;
  /** Goes on with the same instance. */
  resume(): void;
  /** Ends the instance but keeps the mailbox; `done` when it is over. */
  suspend(failure: Failure, done: () => void): void;
  /** Begins a new instance after `suspend`; `done` when it runs or has ended. */
  rebirth(done: () => void): void;
  /** Ends for good. */
  end(failure: Failure | undefined, done: () => void): void;
}

export interface FamilyPorts {
  now(): number;
  chance(): number;
  after(ms: number, ring: () => void): void;
  /** The failure is more than this supervisor may handle. */
  escalate(failure: Failure): void;
  restarting(child: Child, delayMs: number): void;
}

export class Family<C extends Child> {
  readonly #children = new Map<string, C>();
  readonly #spec: SupervisionSpec;
  readonly #ports: FamilyPorts;
  readonly #window: RestartWindow;

  constructor(spec: SupervisionSpec, ports: FamilyPorts) {
    this.#spec = spec;
    this.#ports = ports;
    this.#window = new RestartWindow(spec);
  }

  get all(): readonly C[] {
    return [...this.#children.values()];
  }

  has(name: string): boolean {
    return this.#children.has(name);
  }

  add(child: C): void {
    this.#children.set(child.name, child);
  }

  remove(child: C): void {
    this.#children.delete(child.name);
  }

  /** Decides about a child that has failed and stands still. */
  childFailed(child: C, failure: Failure): void {
    const directive = directiveFor(this.#spec, failure);
    switch (directive) {
      case "resume":
        child.resume();
        return;
      case "stop":
        child.end(failure, () => {});
        return;
      case "escalate":
        this.#ports.escalate(failure);
        return;
      case "restart":
        this.#restart(child, failure);
        return;
      default:
        directive satisfies never;
    }
  }

  /** Ends all children, the youngest first. */
  endAll(done: () => void): void {
    inSequence(this.all.toReversed(), (child, next) => child.end(undefined, next), done);
  }

  #restart(failed: C, failure: Failure): void {
    if (!this.#window.record(this.#ports.now())) {
      const { restartsMax, withinMs } = this.#spec;
      const text = `${failed.name} failed more than ${restartsMax} times in ${withinMs} ms, at last: ${failure.detail}`;
      this.#ports.escalate(new Failure(failure.code, text, failure));
      return;
    }
    const children = this.all;
    const fate = affected(this.#spec.strategy, children.length, children.indexOf(failed))
      .map((index) => children[index])
      .filter((child) => child !== undefined);
    const delayMs = backoffDelay(this.#spec.backoff, this.#window.count, this.#ports.chance());
    for (const child of fate) this.#ports.restarting(child, delayMs);
    const begin = (): void =>
      inSequence(
        fate,
        (child, next) => child.rebirth(next),
        () => {},
      );
    inSequence(
      fate.toReversed(),
      (child, next) => child.suspend(failure, next),
      () => this.#ports.after(delayMs, begin),
    );
  }
}
