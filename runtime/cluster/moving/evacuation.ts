// Moves many actors: all that can away from this node, or some to the node that has the fewest. A few at
// a time, and each to the node with the fewest so far.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { parseNode } from "#protocols/address.ts";
import type { NodeKey } from "#protocols/cluster/migration.ts";
import { Failure } from "#protocols/failure.ts";
import { Cell } from "#runtime/core/cell.ts";
import type { DrainReport, MoveTerms, RebalanceTerms, Stayed } from "#runtime/core/mover.ts";
import { check } from "#runtime/core/terms-check.ts";
import { number } from "./carried-message.ts";
import type { Engine } from "./engine.ts";

/** Actors that move at a time. */
const movingMax = 16;
/** Milliseconds that other nodes have to say how many actors they have. */
const censusMs = 1_000;
const ratioDefault = 1.25;

export class Evacuation {
  readonly #engine: Engine;
  readonly #move: (ref: AnyRef, terms: MoveTerms) => Promise<void>;
  /** What each node has said last. */
  readonly #counts = new Map<NodeKey, number>();

  constructor(engine: Engine, move: (ref: AnyRef, terms: MoveTerms) => Promise<void>) {
    this.#engine = engine;
    this.#move = move;
    engine.census = {
      asked: (from) => engine.ports.lines().aside(from, "actors", this.#movable.length),
      told: (from, fields) => this.#counts.set(from, number(fields[0])),
    };
  }

  async drain(within: number): Promise<DrainReport> {
    check(within >= 0, "within is", "a time in ms", within);
    await this.#count();
    const untilMs = this.#engine.now() + within;
    const report = await this.#moveAll(this.#candidates, untilMs);
    return report;
  }

  async rebalance({ actorsMax, ratio = ratioDefault }: RebalanceTerms): Promise<DrainReport> {
    const isCount = actorsMax >= 0 && !(actorsMax % 1);
    check(isCount, "actorsMax is", "a whole number from 0", actorsMax);
    check(ratio >= 1, "ratio is", "a number from 1", ratio);
    await this.#count();
    const own = this.#movable.length;
    const least = Math.min(own, ...this.#counts.values());
    if (own <= least * ratio + 1) return { moved: 0, stayed: [] };
    const even = Math.floor((own - least) / 2);
    const some = this.#movable.slice(0, Math.min(actorsMax, even));
    return this.#moveAll(some, Number.POSITIVE_INFINITY);
  }

  /** Top-level actors, youngest last, but those that the node itself keeps. */
  get #candidates(): readonly Cell[] {
    const { root } = this.#engine.ports.inside;
    const all = root.household?.familyIfAny?.all ?? [];
    return all.filter(isCell).filter((cell) => cell.state !== "ended");
  }

  get #movable(): readonly Cell[] {
    return this.#candidates.filter((cell) => !this.#engine.departing.refusalOf(cell));
  }

  async #moveAll(cells: readonly Cell[], untilMs: number): Promise<DrainReport> {
    const stayed: Stayed[] = [];
    const waiting = [...cells];
    let moved = 0;
    const worker = async (): Promise<void> => {
      for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
        const { ref } = cell;
        try {
          await this.#moveOne(ref, untilMs);
          moved += 1;
        } catch (error) {
          stayed.push({ ref, why: Failure.of(error).detail });
        }
      }
    };
    await Promise.all(Array.from({ length: movingMax }, worker));
    return { moved, stayed };
  }

  async #moveOne(ref: AnyRef, untilMs: number): Promise<void> {
    const [least] = [...this.#counts].sort(([, a], [, b]) => a - b);
    if (!least) throw new Failure("not_found", "no other node lives that could take it");
    const [key, count] = least;
    this.#counts.set(key, count + 1);
    const leftMs = untilMs - this.#engine.now();
    if (leftMs <= 0) throw new Failure("timeout", "there was no time left to move it");
    const to = parseNode(key)?.name ?? key;
    await this.#move(ref, { to, within: Math.min(leftMs, 15_000) });
  }

  /** Asks all living nodes how many actors they have that can move. */
  async #count(): Promise<void> {
    const { lines, neighbours } = this.#engine.ports;
    this.#counts.clear();
    const asked = neighbours.living;
    for (const key of asked) lines().aside(key, "actors?");
    const untilMs = this.#engine.now() + censusMs;
    while (this.#counts.size < asked.length && this.#engine.now() < untilMs) {
      await new Promise<void>((resolve) => this.#engine.later(5, resolve));
    }
  }
}

const isCell = (cell: unknown): cell is Cell => cell instanceof Cell;
