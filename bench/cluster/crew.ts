// Whoever takes part: workers in processes of their own, and a way to have them do one task.
import { Failure } from "#protocols/failure.ts";
import type { Round } from "../contest.ts";

export interface Crew {
  /** Resolves with the worker's answer, once it is known here. */
  run(number: number): Promise<number>;
}

export interface CrewTerms {
  readonly workers: number;
  /** Tasks that one worker may hold at a time. */
  readonly slots: number;
}

/** What is started is ended by what `after` is told. */
export interface Scope {
  after(end: () => Promise<void>): void;
}

export interface FlowTerms {
  readonly inFlight: number;
  readonly ms: number;
  /** Before that, not counted. Default: a quarter of it. */
  readonly warmUpMs?: number;
  /** What the worker is to answer. */
  readonly answerOf: (number: number) => number;
}

/** As many tasks as go through within the time, each submitted when the one before it is done. */
export async function flow(crew: Crew, terms: FlowTerms): Promise<Round> {
  const { answerOf, inFlight, ms, warmUpMs = ms / 4 } = terms;
  await lanes(crew, { answerOf, inFlight, ms: warmUpMs });
  const startedAt = performance.now();
  const latenciesMs = await lanes(crew, { answerOf, inFlight, ms });
  return { n: latenciesMs.length, elapsedMs: performance.now() - startedAt, latenciesMs };
}

async function lanes(crew: Crew, { answerOf, inFlight, ms }: FlowTerms): Promise<number[]> {
  const latenciesMs: number[] = [];
  const endsAt = performance.now() + ms;
  let next = 0;
  const lane = async (): Promise<void> => {
    do {
      const number = next;
      next += 1;
      const startedAt = performance.now();
      const answer = await crew.run(number);
      latenciesMs.push(performance.now() - startedAt);
      if (answer === answerOf(number)) continue;
      throw new Failure("invalid", `task ${number} was answered ${answer}; the round is no result`);
    } while (performance.now() < endsAt);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return latenciesMs;
}
