// Troupe in virtual time: how fast simulated worlds go by. The world is that of `npm run simulate`:
// three nodes that talk over real links while the network and the machines fail.
import { Failure } from "#protocols/failure.ts";
import { linksScenario } from "../../../test/simulation/links-scenario.ts";
import type { RunReport } from "../../../test/simulation/scenario.ts";
import type { Trial, Works } from "../contender.ts";

const simulated = (measure: (report: RunReport) => number): Trial => {
  let seed = 0;
  return {
    run: async (ms) => {
      let count = 0;
      for (const startedAt = performance.now(); performance.now() - startedAt < ms; ) {
        seed += 1;
        const report = linksScenario.run(seed);
        if (report.failure) {
          throw new Failure("invalid", `seed ${seed} broke: ${report.failure.statement}`);
        }
        count += measure(report);
        await new Promise(setImmediate);
      }
      return { count };
    },
  };
};

export const works: Works = {
  "simulated events": () => simulated((report) => report.events),
  // In virtual milliseconds.
  "simulated time": () => simulated((report) => report.virtualMs),
};
