// Whoever asks a model of which nothing is wrong is answered well: whatever is reloaded, published, scaled,
// lost or named anew meanwhile, and whatever the requests beside it do to their engine. Only a request that
// is withdrawn, has a deadline or a mark of its own may fail, or one whose node ends soon after.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { EngineLosses } from "./engine-losses.ts";
import { type ModelFacts, readFact } from "./model-facts.ts";
import { steadyModels } from "./model-rules.ts";

/** A node that leaves has ended by then. */
const leavingMs = 10_000;

interface Asked {
  readonly about: ModelFacts["asked"];
  readonly event: number;
  isWithdrawn: boolean;
}

interface Doubt {
  readonly life: string;
  readonly atMs: number;
  readonly statement: string;
  readonly events: readonly number[];
}

export const innocentsAnswered: Check = () => {
  /** By life what its models are served as since they first were. */
  const served = new Map<string, ReadonlySet<string>>();
  const asked = new Map<string, Asked>();
  const losses = new EngineLosses();
  let doubts: readonly Doubt[] = [];
  const judge = (nowMs: number): void => {
    const [oldest] = doubts;
    if (!oldest || nowMs - oldest.atMs < leavingMs) return;
    throw broken(oldest.statement, oldest.events);
  };
  return {
    name: "innocents answered",
    saw(event) {
      const { id, atMs, node, incarnation } = event;
      const life = `${node}.${incarnation}`;
      losses.saw(event);
      if (event.kind === "node-ended") doubts = doubts.filter((doubt) => doubt.life !== life);
      judge(atMs);
      if (event.kind !== "fact") return;
      if (event.name === "serves") {
        served.set(life, new Set(readFact("serves", event.about).names));
      }
      if (event.name === "asked") {
        const about = readFact("asked", event.about);
        const isSteady = steadyModels.some((name) => about.model.split("@")[0] === name);
        const isOwed = isSteady && about.mark === "" && about.deadlineMs === null;
        if (!isOwed || !served.get(life)?.has(about.model)) return;
        asked.set(`${life} ${about.request}`, { about, event: id, isWithdrawn: false });
      }
      if (event.name === "withdrawn") {
        const one = asked.get(`${life} ${readFact("withdrawn", event.about).request}`);
        if (one) one.isWithdrawn = true;
      }
      if (event.name !== "replied") return;
      const { request, code, detail } = readFact("replied", event.about);
      const one = asked.get(`${life} ${request}`);
      asked.delete(`${life} ${request}`);
      if (!one || one.isWithdrawn || code === "done" || code === "queue_full") return;
      if (code === "model_failed" && losses.mayBeBlamed(life, request)) return;
      const statement = `request ${request} to ${one.about.model} ends as ${code}: ${detail}`;
      doubts = [...doubts, { life, atMs, statement, events: [one.event, id] }];
    },
    settled({ atMs }) {
      judge(atMs);
    },
  };
};
