// What an ask is opened with: whom it asks, on whose behalf, until when; and whether it may be opened.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import type { Call } from "./call.ts";

/** Whoever is asked, for error texts. */
export interface Addressed {
  readonly address: Address;
}

export interface AskTerms {
  readonly to: Addressed;
  readonly method: string;
  readonly isReadonly: boolean;
  /** The actor of this node that is asked, if it is one. */
  readonly target: unknown;
  /** Milliseconds, unless the asker's own deadline says less. */
  readonly within: number;
  readonly signal: AbortSignal | undefined;
  /** The handler that asks; undefined from outside of any, for example in `start`. */
  readonly asker: Call | undefined;
  /** Who asks, when it is no handler of this node. */
  readonly sender: AnyRef | undefined;
  /** The asker hands on what it was asked itself. */
  readonly isPassedOn: boolean;
  readonly trace: TraceContext | undefined;
  /** What another node told of the handlers that wait for this answer. */
  readonly chain: readonly string[] | undefined;
}

/** Receiver and method, for error texts. */
export const aboutOf = ({ to, method }: AskTerms): string =>
  `${formatAddress(to.address)} ${method}`;

/** Why such an ask may not be opened beside so many open ones. */
export function refusalOf(terms: AskTerms, openCount: number): Failure | undefined {
  const { within, signal } = terms;
  if (!(Number.isFinite(within) && within >= 0)) {
    const text = `${aboutOf(terms)} was asked within ${within} ms; give a number from 0`;
    return new Failure("invalid", text);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    const text = `${aboutOf(terms)} was asked with a signal that is ${typeof signal}; give an AbortSignal`;
    return new Failure("invalid", text);
  }
  if (signal?.aborted) return cancelled(aboutOf(terms));
  if (openCount >= limits.asksPendingMax) return tooMany(aboutOf(terms));
  return undefined;
}

export const cancelled = (about: string): Failure =>
  new Failure("cancelled", `the caller withdrew its request to ${about}`);

const tooMany = (about: string): Failure =>
  new Failure(
    "mailbox_full",
    `${limits.asksPendingMax} asks wait for replies already; ${about} was not asked. Ask less at once`,
  );
