// Three processes, four senders, one actor that all of them send to: it moves to and fro, or it stays and
// the link's round trip is measured under the same load.
//
//   near: senders 0 and 1         second: sender 2         third: sender 3
//     └───────────────────┬───────────┴──────────────────────┘
//                      listener, now here, now there
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import type { Done } from "../../core/contender.ts";
import { startFar } from "../far-process.ts";
import type { LinkWork } from "../link-runtime.ts";
import { type Listener, ListenerActor } from "./listener-actor.ts";
import { startMovingNode } from "./moving-node.ts";
import { PacedSender } from "./paced-sender.ts";

/** Of all senders together, messages a second: no more, and no more than a share of what passes. */
const perSecondMax = 50_000;

/** Half of what passes leaves room; all of it does not. */
export const shareOf = (work: LinkWork): number => (work === "moves at the most" ? 1 : 0.5);
const probeMs = 500;
const looksMax = 1_000;

/** One after the other: each way between two of them once. */
const homes = ["second", "near", "third", "second", "third", "near"] as const;

export class MovingTrio {
  readonly #near: StartedNode;
  readonly #listener: Ref<Listener>;
  readonly #senders: readonly Ref<PacedSender>[];
  readonly #share: number;
  #perSender = 0;
  #moves = 0;

  static async open(share: number): Promise<MovingTrio> {
    const near = await startMovingNode("near", new Map(), [0, 1]);
    const second = await startFar("moving", "second", `2 near=${near.address}`);
    await startFar("moving", "third", `3 near=${near.address} second=${second}`);
    const { system } = near;
    const senders = [0, 1, 2, 3].map((number) => system.lookup(PacedSender, `sender-${number}`));
    return new MovingTrio(near, await Promise.all(senders), share);
  }

  private constructor(near: StartedNode, senders: readonly Ref<PacedSender>[], share: number) {
    this.#near = near;
    this.#listener = near.system.spawn(ListenerActor, { name: "listener" });
    this.#senders = senders;
    this.#share = share;
  }

  /** Moves it again and again: how long it heard nothing around each move. */
  async moving(ms: number): Promise<Done> {
    return this.#underLoad(ms, async () => {
      await this.#move();
      return (await this.#listener.heard()).pauseMs;
    });
  }

  /** It lives on another node, and stays: how long an ask of the senders' node takes. */
  async staying(ms: number): Promise<Done> {
    return this.#underLoad(ms, async () => {
      const startedAt = performance.now();
      await this.#senders[2]?.sent();
      return performance.now() - startedAt;
    });
  }

  async #move(): Promise<void> {
    const to = homes[this.#moves % homes.length] ?? "near";
    await this.#near.system.move(this.#listener, { to });
    this.#moves += 1;
  }

  async #underLoad(ms: number, step: () => Promise<number>): Promise<Done> {
    // Messages to an actor that has moved cost more: what passes is found out afterwards.
    if (this.#moves === 0) await this.#move();
    if (this.#perSender === 0) this.#perSender = await this.#sustainable();
    await this.#pace(this.#perSender);
    const latenciesMs: number[] = [];
    const endsAt = performance.now() + ms;
    while (performance.now() < endsAt) latenciesMs.push(await step());
    await this.#settled();
    return { count: latenciesMs.length, latenciesMs };
  }

  /** What passes of the most, a share of it, for each. */
  async #sustainable(): Promise<number> {
    await this.#pace(perSecondMax / this.#senders.length);
    const { count: before } = await this.#listener.heard();
    await new Promise((resolve) => setTimeout(resolve, probeMs));
    const { count } = await this.#listener.heard();
    await this.#settled();
    const perSecond = ((count - before) * 1_000) / probeMs;
    const total = Math.min(perSecondMax, perSecond * this.#share);
    return Math.max(100, Math.round(total / this.#senders.length));
  }

  #pace(perSecond: number): Promise<readonly number[]> {
    return Promise.all(this.#senders.map((sender) => sender.pace(this.#listener, perSecond)));
  }

  /** Nobody sends any more, and all has been heard. Fails with `invalid` when that cannot be. */
  async #settled(): Promise<void> {
    const sent = (await this.#pace(0)).reduce((sum, each) => sum + each, 0);
    let heard = await this.#listener.heard();
    for (let look = 0; heard.count < sent && look < looksMax; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      heard = await this.#listener.heard();
    }
    if (heard.count === sent && heard.wrong === 0) return;
    const text = `${sent} were sent, ${heard.count} heard, ${heard.wrong} out of their turn`;
    throw new Failure("invalid", text);
  }
}
