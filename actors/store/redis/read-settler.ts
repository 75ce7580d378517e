// Answers commands that change nothing: beside the commits, and from nothing that is remembered. What
// they read is of one commit; when another comes in between, they read again.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "#protocols/failure.ts";
import type { StoreAnswer, StoreCommand } from "../backend.ts";
import type { KeyspaceQuery } from "./keyspace-query.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { StoreFigures } from "./store-figures.ts";
import type { StoreServer } from "./store-server.ts";
import { viewIsStale } from "./store-view.ts";
import { troubleOf, wireFailure } from "./wire-failures.ts";

export class ReadSettler {
  readonly #server: StoreServer;
  readonly #figures: StoreFigures;

  constructor(server: StoreServer, figures: StoreFigures) {
    this.#server = server;
    this.#figures = figures;
  }

  async settle(
    commands: readonly StoreCommand[],
    deadlineMs: number,
  ): Promise<readonly StoreAnswer[]> {
    const asked = new Map<string, KeyspaceQuery>();
    for (let attempt = 1; attempt <= redisStoreLimits.refusalsMax; attempt += 1) {
      const session = await this.#server.session(deadlineMs);
      try {
        const view = this.#server.newView(session);
        return (await view.decide(commands, new Map(), asked, deadlineMs)).answers;
      } catch (error) {
        this.#server.dropAfter(session, error);
        const isPassing = error === viewIsStale || troubleOf(error) !== "refused";
        const isOver = performance.now() > deadlineMs;
        if (!isPassing || (isOver && error !== viewIsStale)) throw wireFailure(error);
        if (isOver) break;
        if (error !== viewIsStale) this.#figures.troublesTotal += 1;
        await sleep(error === viewIsStale ? attempt : 10 * attempt);
      }
    }
    const seen = "the store changed whenever it was read";
    throw new Failure("unavailable", `${seen}; ask for less at a time, or again when it is calmer`);
  }
}
