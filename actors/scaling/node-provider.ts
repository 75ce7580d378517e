// Port: whoever can start and end the nodes of a group. The launcher does it on its machine, a command
// anywhere else, a list in tests.

export interface ProvideOrder {
  readonly group: string;
  /** How many are to stand when it is done. */
  readonly count: number;
  readonly reason: string;
  /** Those to be started; who stands already goes on. */
  readonly start: readonly string[];
  /** Those that have left, or do not answer any more: nothing of them is to be left. */
  readonly end: readonly string[];
}

export interface ProvidedNode {
  readonly node: string;
  /** `failed`: it was given up, and stands no more; to be started again it has to be asked for. */
  readonly phase: "starting" | "ready" | "failed";
  readonly reason?: string;
}

export interface NodeProvider {
  /**
   * Answers when the order is taken, not when it is done; the same is ordered again until it is. Throws a
   * `Failure` when nobody takes it.
   */
  provide(order: ProvideOrder): void;
  /** Those that it keeps, as far as it knows; undefined: it cannot say yet. */
  standing(group: string): readonly ProvidedNode[] | undefined;
}
