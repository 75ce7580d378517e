// What the processes of a run of links say to one another: bursts of messages, as steps of its plan.
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";
import type { Weather } from "./weather.ts";

export interface Burst {
  readonly to: string;
  readonly messages: number;
  /** So many of the first carry a payload. */
  readonly payloads: number;
  /** Whoever bears the name, who is up, or any that there ever was. */
  readonly whom: Whom;
  /** Of all that there ever were, from 0 for the first to 1 for the newest. */
  readonly share: number;
}

export type Whom = "name" | "up" | "any";

const whoms: readonly Whom[] = ["name", "name", "name", "up", "any"];

export interface BurstGround {
  readonly chance: Chance;
  readonly nodes: readonly string[];
  readonly weather: Weather;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** From each node to each other, at its own pace. */
export function drawBursts({ chance, nodes, weather, ...time }: BurstGround): readonly Step[] {
  const steps: Step[] = [];
  for (const node of nodes) {
    for (const to of nodes) {
      if (to === node) continue;
      const draws = chance.branch(`${node} to ${to}`);
      const wait = (): number => draws.within(weather.burstEveryMs);
      for (let atMs = time.fromMs + wait(); atMs < time.untilMs; atMs += wait()) {
        const terms = drawBurst(draws, to, weather);
        steps.push({ atMs: Math.round(atMs * 1_000) / 1_000, node, act: "burst", terms });
      }
    }
  }
  return steps;
}

function drawBurst(draws: Chance, to: string, weather: Weather): Step["terms"] & object {
  const messages = draws.count(weather.burstMessages);
  let payloads = 0;
  for (let count = 0; count < messages; count++) {
    if (draws.happens(weather.payloadRate)) payloads++;
  }
  const share = Math.round(draws.random.next() * 1_000) / 1_000;
  return { to, messages, payloads, whom: draws.pick(whoms) ?? "name", share };
}

/** The burst of a step; what is missing in it counts as little as it can. */
export function burstOf({ terms = {} }: Step): Burst {
  const { to, messages, payloads, share } = terms;
  return {
    to: String(to),
    messages: Number(messages ?? 1),
    payloads: Number(payloads ?? 0),
    whom: whoms.find((whom) => whom === terms.whom) ?? "name",
    share: Number(share ?? 1),
  };
}
