// Actors of the moving scenario: nomads go from node to node, and they and the scribes of each node send
// numbered notes to nomads, by refs that never change.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { referenceKey } from "#runtime/testkit/simulation/life-observer.ts";
import type { Numbered } from "#runtime/testkit/simulation/numbered.ts";
import { journalKey } from "./clerk-actor.ts";

export interface Nomad {
  note(numbered: Numbered): void;
  /** Answers how many notes it has handled: its state travels with it. */
  count(): number;
  /** One more note, and the answer how many it has handled then. */
  keep(): number;
  /** Says again and again that it lives, for its own ears. */
  beginTicking(everyMs: number): void;
  /** Answers the same some time later, so that it may have to be answered from elsewhere. */
  slowly(afterMs: number): number;
  /** Sends so many numbered notes to another nomad. */
  write(to: Ref<Nomad>, notes: number): void;
  /** Takes the name if it is free; if not, one that has no path of its own either ends. */
  enlist(name: string): void;
}
export const Nomad = protocol<Nomad>("simulation.Nomad@1", {
  note: tell,
  count: ask(),
  keep: ask(),
  beginTicking: tell,
  slowly: ask(),
  write: tell,
  enlist: tell,
});

interface NomadState {
  notes: number;
  /** How many notes it has sent, by receiver. */
  readonly written: Record<string, number>;
}

interface Own {
  tick(): void;
}

export class NomadActor extends Actor<Nomad, NomadState, Own> implements Handlers<Nomad> {
  static readonly protocol = Nomad;
  static initial = (): NomadState => ({ notes: 0, written: {} });

  note(numbered: Numbered): void {
    const { host } = this.ctx.use(journalKey);
    host.record({ kind: "handled", ...numbered, receiver: referenceKey(this.ctx.self) });
    this.keep();
  }

  keep(): number {
    this.state.notes += 1;
    const { host } = this.ctx.use(journalKey);
    const about = `${referenceKey(this.ctx.self)} ${this.state.notes}`;
    host.record({ kind: "fact", name: "noted", about });
    return this.state.notes;
  }

  beginTicking(everyMs: number): void {
    this.ctx.every({ ms: everyMs, key: "tick" }, "tick");
  }

  tick(): void {
    const { host } = this.ctx.use(journalKey);
    host.record({ kind: "fact", name: "ticked", about: referenceKey(this.ctx.self) });
  }

  count(): number {
    return this.state.notes;
  }

  async slowly(afterMs: number): Promise<number> {
    await this.ctx.sleep(afterMs);
    return afterMs;
  }

  write(to: Ref<Nomad>, notes: number): void {
    const { host } = this.ctx.use(journalKey);
    const receiver = referenceKey(to);
    for (let note = 0; note < notes; note++) {
      const sequence = (this.state.written[receiver] ?? 0) + 1;
      this.state.written[receiver] = sequence;
      const numbered = { stream: `${referenceKey(this.ctx.self)} to ${receiver}`, sequence };
      host.record({ kind: "sent", ...numbered });
      to.note(numbered);
    }
  }

  async enlist(name: string): Promise<void> {
    const { host } = this.ctx.use(journalKey);
    try {
      await this.ctx.register(name);
      host.record({ kind: "fact", name: "named", about: name });
    } catch (error) {
      host.record({ kind: "fact", name: `unnamed ${Failure.of(error).code}`, about: name });
      if (this.ctx.self.$.address.path.startsWith("/$")) this.ctx.stop();
    }
  }
}

export interface Scribe {
  /** Sends so many numbered notes to it. */
  write(to: Ref<Nomad>, notes: number): void;
}
export const Scribe = protocol<Scribe>("simulation.Scribe@1", { write: tell });

export class ScribeActor extends Actor<Scribe> implements Handlers<Scribe> {
  static readonly protocol = Scribe;

  write(to: Ref<Nomad>, notes: number): void {
    const { host, numbers } = this.ctx.use(journalKey);
    for (let note = 0; note < notes; note++) {
      const numbered = numbers.next(`${referenceKey(this.ctx.self)} to ${referenceKey(to)}`);
      host.record({ kind: "sent", ...numbered });
      to.note(numbered);
    }
  }
}
