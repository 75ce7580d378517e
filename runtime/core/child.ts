// A child as its parent's supervision sees it.
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { RestartKind } from "./supervision.ts";

export interface Child {
  readonly name: string;
  readonly path: string;
  readonly restartKind: RestartKind;
  readonly restarts: number;
  readonly life: ChildLife;
}

/** What a supervisor does with it. */
export interface ChildLife {
  /** It stands still after a failure, and its instance has run before. */
  readonly canResume: boolean;
  /** Goes on with the same instance. */
  resume(): void;
  /** Ends the instance but keeps the mailbox; `done` when it is over. */
  suspend(exit: Exit, done: () => void): void;
  /** Begins a new instance after `suspend`; `done` when it runs or has ended. */
  rebirth(done: () => void): void;
  /** Ends for good. */
  end(failure: Failure | undefined, done: () => void): void;
}
