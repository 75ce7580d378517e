// What many runs come to.
import { createHash } from "node:crypto";
import type { SummaryLine } from "./scenario.ts";
import type { SeedRun } from "./seed-runs.ts";

export class RunSum {
  readonly #hash = createHash("sha256");
  readonly #facts = new Map<string, number>();
  #runs = 0;
  #virtualMs = 0;
  #events = 0;

  add({ virtualMs, events, digest, facts }: SeedRun["outcome"]): void {
    this.#runs++;
    this.#virtualMs += virtualMs;
    this.#events += events;
    this.#hash.update(digest);
    for (const [fact, times] of Object.entries(facts)) {
      this.#facts.set(fact, (this.#facts.get(fact) ?? 0) + times);
    }
  }

  /** Those of these facts that no run saw. */
  missing(facts: readonly string[]): readonly string[] {
    return facts.filter((fact) => !this.#facts.get(fact));
  }

  told(lines: readonly SummaryLine[]): readonly string[] {
    return lines.map(({ name, facts }) => {
      const counts = facts.map((fact) => `${fact} ${this.#facts.get(fact) ?? 0}`);
      return `  ${name}: ${counts.join(", ")}`;
    });
  }

  line(elapsedMs: number): string {
    const rate = Math.round(this.#events / (elapsedMs / 1_000));
    const facts = [...this.#facts].map(([fact, times]) => `${fact} ${times}`).join(", ");
    return [
      `${this.#runs} seeds, ${Math.round(this.#virtualMs / 1_000)} virtual s`,
      `${this.#events} events, ${rate} events/s, traces ${this.#hash.copy().digest("hex")}`,
      `(${facts})`,
    ].join(", ");
  }
}
