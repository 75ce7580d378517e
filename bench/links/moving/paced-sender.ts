// Sends numbers at a rate, a few every two milliseconds; pauses as any actor does, and does not make up
// for it.
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";
import type { Listener } from "./listener-actor.ts";

const patiently = ask({ within: 60_000 });
const everyMs = 2;
/** So many milliseconds' worth go at once at the most. */
const owedMsMax = 10;

export interface PacedSender {
  /** From now on; 0 ends it. Answers how many were sent until now. */
  pace(to: Ref<Listener>, perSecond: number): number;
  sent(): number;
}
export const PacedSender = protocol<PacedSender>("bench.PacedSender@1", {
  pace: patiently,
  sent: patiently,
});

interface Own {
  burst(): void;
}

interface PacedState {
  readonly number: number;
  to: Ref<Listener> | undefined;
  perSecond: number;
  sent: number;
  lastMs: number;
}

export class PacedSenderActor
  extends Actor<PacedSender, PacedState, Own>
  implements Handlers<PacedSender>
{
  static readonly protocol = PacedSender;
  static initial = ({ number }: { readonly number: number }): PacedState => ({
    number,
    ...{ to: undefined, perSecond: 0, sent: 0, lastMs: 0 },
  });

  override async start(): Promise<void> {
    await this.ctx.register(`sender-${this.state.number}`);
  }

  pace(to: Ref<Listener>, perSecond: number): number {
    Object.assign(this.state, { to, perSecond, lastMs: this.ctx.now() });
    if (perSecond > 0) this.ctx.every({ ms: everyMs, key: "burst" }, "burst");
    else this.ctx.cancel("burst");
    return this.state.sent;
  }

  burst(): void {
    const { lastMs, number, perSecond, to } = this.state;
    const nowMs = this.ctx.now();
    const owed = Math.round((Math.min(owedMsMax, nowMs - lastMs) * perSecond) / 1_000);
    this.state.lastMs = nowMs;
    for (let index = 0; index < owed; index += 1) to?.hear(number, this.state.sent++);
  }

  sent(): number {
    return this.state.sent;
  }
}
