// What the contract of all that carries messages asks of a medium: two ends, joined, and what can be done
// to them.
import type { TestContext } from "node:test";
import type { Envelope } from "#protocols/envelope.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";
import type { LinkStatistics } from "#runtime/links/link-statistics.ts";
import type { Heard } from "./heard.ts";

export interface End {
  readonly heard: Heard;
  /** To the other end; `to` names somebody else, where others can be named. */
  send(value: unknown, to?: { readonly name: string; readonly incarnation: number }): SendOutcome;
  until(isSo: () => boolean): Promise<void>;
  /** Lets whatever carries go on for a moment. */
  turn(): Promise<void>;
  /** Ends it within so many milliseconds. */
  stop(withinMs: number): Promise<void>;
  readonly links?: LinkEnd;
}

/** What links have beyond lines. */
export interface LinkEnd {
  statistics(): LinkStatistics | undefined;
  /** The engine has taken what it kept. */
  release(): void;
}

export interface Pair {
  readonly a: End;
  readonly b: End;
  /** Breaks every connection between the two; answers how many. */
  readonly cut?: () => number;
}

export interface Medium {
  readonly name: string;
  /** Whether nodes are found by names, greet each other and say goodbye. */
  readonly isLink: boolean;
  readonly canBeCut: boolean;
  open(context: TestContext): Promise<Pair>;
  /** An end whose peer `b` nobody is. */
  openAlone?(context: TestContext): Promise<End>;
}

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const replied = (value: unknown): Envelope => ({ kind: "reply", correlation: 1, value });
