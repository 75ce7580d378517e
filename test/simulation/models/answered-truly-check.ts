// Every request is answered once: by a version that it may ask for and with what belongs to it, or with a
// failure that fits what has happened to it.

import { requestsWaitingMax } from "#actors/inference/repository/engine-pool.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { EngineLosses } from "./engine-losses.ts";
import { type ModelFacts, type RequestMark, readFact } from "./model-facts.ts";

interface Asked {
  readonly about: ModelFacts["asked"];
  readonly event: number;
  readonly atMs: number;
  readonly life: string;
  readonly others: number;
  isWithdrawn: boolean;
}

/** What a request may come to by its own mark, whatever happens around it. */
const endsOf: Readonly<Record<RequestMark, readonly string[]>> = {
  "": ["done"],
  refuse: ["bad_image"],
  crash: ["model_failed"],
  garble: ["model_failed"],
  hang: ["timeout", "model_failed"],
  slow: ["done", "timeout", "model_failed"],
};
/** That its model is not there, or its node is about to end: `innocents answered` says when that may be. */
const absences = ["unavailable", "engine_lost", "actor_stopped"];

export const answeredTruly: Check = () => {
  const open = new Map<string, Asked>();
  const versions = new VersionBook();
  const losses = new EngineLosses();
  return {
    name: "answered truly",
    saw(event) {
      const { id, atMs, node, incarnation } = event;
      const life = `${node}.${incarnation}`;
      losses.saw(event);
      if (event.kind === "node-ended") {
        for (const [key, asked] of open) if (asked.life === life) open.delete(key);
      }
      if (event.kind !== "fact") return;
      versions.saw(life, event.name, event.about);
      if (event.name === "asked") {
        const about = readFact("asked", event.about);
        const others = [...open.values()].filter((one) => one.about.model === about.model).length;
        const asked = { about, event: id, atMs, life, others, isWithdrawn: false };
        open.set(`${life} ${about.request}`, asked);
      }
      if (event.name === "withdrawn") {
        const asked = open.get(`${life} ${readFact("withdrawn", event.about).request}`);
        if (asked) asked.isWithdrawn = true;
      }
      if (event.name !== "replied") return;
      const replied = readFact("replied", event.about);
      const key = `${life} ${replied.request}`;
      const asked = open.get(key);
      open.delete(key);
      const why = asked
        ? (unfit(asked, { replied, atMs, isBlamed: losses.mayBeBlamed(life, replied.request) }) ??
          versions.foreign(life, asked.about.model, replied))
        : "is answered a second time";
      if (why === undefined) return;
      throw broken(`request ${replied.request} ${why}`, [...(asked ? [asked.event] : []), id]);
    },
    settled() {
      const [left] = open.values();
      if (!left) return;
      throw broken(`request ${left.about.request} is never answered`, [left.event]);
    },
  };
};

interface Answer {
  readonly replied: ModelFacts["replied"];
  readonly atMs: number;
  readonly isBlamed: boolean;
}

function unfit(asked: Asked, { replied, atMs, isBlamed }: Answer): string | undefined {
  const { code, echo, request, detail } = replied;
  const { mark, deadlineMs } = asked.about;
  if (code === "done" && echo !== `request ${request}`) return `has the answer of another: ${echo}`;
  const isLate = deadlineMs !== null && atMs - asked.atMs >= deadlineMs * lapse;
  const mayBeFull = asked.others >= requestsWaitingMax;
  const isFit =
    endsOf[mark].includes(code) ||
    absences.includes(code) ||
    (code === "cancelled" && asked.isWithdrawn) ||
    (code === "timeout" && isLate) ||
    (code === "queue_full" && mayBeFull) ||
    (code === "model_failed" && isBlamed);
  return isFit ? undefined : `(${mark || "innocent"}) ends as ${code}: ${detail}`;
}

/** A node's clock may be that much ahead. */
const lapse = 0.998;

/** Which versions there have been in the folders of a life, and which of them had an alias. */
class VersionBook {
  readonly #of = new Map<string, Set<string>>();

  saw(life: string, name: string, about: string): void {
    if (name === "published") {
      const { model, version } = readFact("published", about);
      this.#add(life, model, version);
      this.#add(life, `${model}@${version}`, version);
    }
    if (name !== "named") return;
    const { model, alias, version } = readFact("named", about);
    this.#add(life, `${model}@${alias}`, version);
  }

  foreign(
    life: string,
    asked: string,
    { code, version }: ModelFacts["replied"],
  ): string | undefined {
    if (code !== "done") return undefined;
    const known = this.#of.get(`${life} ${asked}`);
    return known?.has(String(version))
      ? undefined
      : `for ${asked} is answered by version ${version}`;
  }

  #add(life: string, asked: string, version: number): void {
    const key = `${life} ${asked}`;
    const known = this.#of.get(key) ?? new Set<string>();
    this.#of.set(key, known.add(String(version)));
  }
}
