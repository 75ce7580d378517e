// The rates of the queues as a claim names them: of those that a worker serves, the ones that have some.
import type { ClaimRates, QueueRates } from "#protocols/tasks/claim-request.ts";
import type { QueueTerms } from "#protocols/tasks/resource-demand.ts";

export const ratesOf = (plans: readonly QueueTerms[]): ReadonlyMap<string, QueueRates> =>
  new Map(
    plans.flatMap(({ queue, rate: all, userRate: user }) => {
      if (all === null && user === null) return [];
      return [[queue, { ...(all === null ? {} : { all }), ...(user === null ? {} : { user }) }]];
    }),
  );

export const ratesFor = (
  queues: readonly string[],
  rates: ReadonlyMap<string, QueueRates>,
): ClaimRates =>
  Object.fromEntries(
    queues.flatMap((queue) => {
      const found = rates.get(queue);
      return found === undefined ? [] : [[queue, found]];
    }),
  );
