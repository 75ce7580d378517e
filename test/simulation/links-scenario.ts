// Three nodes that all talk to each other over real links: see links-run.ts.
import { LinksRun } from "./links-run.ts";
import type { Scenario } from "./scenario.ts";

export const linksScenario: Scenario = {
  name: "links",
  sometimes: [
    ...["delivered", "lost", "downs", "livingGivenUp", "quarantines", "resent", "moves"],
    ...["repeatsDropped", "gapsDropped"],
    ...["break", "stall", "cut", "pause", "crash", "leave"],
  ],
  run: (seed) => new LinksRun(seed).report(),
  simulation: undefined,
  small: undefined,
};
