// Watches over what must hold: every message once and in order, at most one running incarnation, and no
// loss that neither a report nor a death accounts for.
import type { ActorId } from "#protocols/cluster/migration.ts";
import type { Numbered, PuppetNode } from "./migration-actors.ts";

export class MigrationLedger {
  readonly messages: Numbered[] = [];
  readonly #last = new Map<string, number>();
  readonly #excused = new Set<Numbered>();
  readonly #reported = new Map<Numbered, string>();
  violation: string | undefined;
  processed = 0;

  get reportedCount(): number {
    return this.#reported.size;
  }

  reportedFor(reason: string): number {
    return [...this.#reported.values()].filter((each) => each === reason).length;
  }

  get excusedCount(): number {
    return this.#excused.size;
  }

  fail(text: string): void {
    this.violation ??= text;
  }

  sent(message: Numbered): void {
    this.messages.push(message);
  }

  handled(message: Numbered): void {
    const pair = `${message.from}>${message.to}`;
    const expected = (this.#last.get(pair) ?? -1) + 1;
    if (message.number < expected) {
      this.fail(`order: ${pair} got ${message.number} after ${expected - 1}`);
    }
    this.#last.set(pair, message.number);
    message.where = "done";
    this.processed += 1;
  }

  reported(message: Numbered, reason: string): void {
    this.#reported.set(message, reason);
  }

  /** All that is there is lost with it. */
  excuse(where: string): void {
    for (const message of this.messages) if (message.where === where) this.#excused.add(message);
  }

  excuseOne(message: Numbered): void {
    this.#excused.add(message);
  }

  activated(aid: ActorId, nodes: readonly PuppetNode[]): void {
    const active = nodes.filter((node) => node.isRunning && node.actors.get(aid)?.isActive);
    if (active.length > 1) {
      this.fail(`twice: ${aid} runs on ${active.map(({ key }) => key).join(" and ")}`);
    }
  }

  /** At rest, each message to an actor that lives must have been handled, or be accounted for. */
  settle(lives: (aid: ActorId) => boolean, nodes: readonly PuppetNode[]): void {
    for (const { key, state } of nodes) if (state !== "up") this.excuse(key);
    for (const message of this.messages) {
      if (message.where === "done" || !lives(message.to)) continue;
      if (this.#excused.has(message) || this.#reported.has(message)) continue;
      const { from, to, number, where } = message;
      this.fail(`loss: ${from}>${to} ${number} is at ${where}`);
      return;
    }
  }
}
