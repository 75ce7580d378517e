// An actor that each node of the cluster scenario has one of: it is registered with the receptionist,
// deals with the singleton, and checks what it is sent.
import Type from "typebox";
import type { FailureData } from "#protocols/failure-codes.ts";
import { ask, type Deferred, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Claim } from "#runtime/core/ports.ts";
import { type Premises, premisesKey } from "./premises.ts";

export interface Branch {
  /** Answers the same amount, which is an integer: its schema says so. */
  pay(amount: number): number;
  /** Sends so many numbered notes to the ledger; `nodes` are those that they may pass through. */
  enter(nodes: string, notes: number): void;
  /** Hands so many coins to the branch of that node. */
  flood(node: string, coins: number): void;
  /** Takes some time; more than a few of them find the mailbox full. */
  coin(): void;
  /** Answers the fence of the ledger's owner. */
  consult(): number;
}
export const Branch = protocol<Branch>("simulation.Branch@1", {
  pay: ask(),
  flood: tell,
  coin: tell,
  enter: tell,
  consult: ask(),
}).checked({ pay: [Type.Integer()] });

interface Own {
  enlist(): void;
  enlisted(claim: Claim): void;
  refused(failure: FailureData): void;
}

const againMs = 200;
const coinMs = 3;

export class BranchActor extends Actor<Branch, undefined, Own> implements Handlers<Branch & Own> {
  static readonly protocol = Branch;
  static readonly restart = "permanent";
  static readonly mailbox = { capacity: 12, whenFull: "reject" } as const;

  override start(): void {
    this.enlist();
  }

  enlist(): void {
    this.ctx.pipe(this.#premises.receptionist.register(this.ctx.self), "enlisted", "refused");
  }

  enlisted({ name }: Claim): void {
    this.#premises.host.record({ kind: "fact", name: "enlisted", about: name });
  }

  refused({ code }: FailureData): void {
    if (code !== "session_lost") this.ctx.after(againMs, "enlist");
  }

  pay(amount: number): number {
    if (!Number.isInteger(amount)) {
      const about = `pay(${JSON.stringify(amount)})`;
      this.#premises.host.record({ kind: "fact", name: "unchecked", about });
    }
    return amount;
  }

  flood(node: string, coins: number): void {
    const { system } = this.#premises.host;
    const to = system.refTo(Branch, { node, path: "/branch" });
    for (let coin = 0; coin < coins; coin++) to.coin();
  }

  coin(): Promise<void> {
    return this.ctx.sleep(coinMs);
  }

  enter(nodes: string, notes: number): void {
    const { host, ledger, numbers } = this.#premises;
    const { name, incarnation } = host.node;
    for (let note = 0; note < notes; note++) {
      const numbered = numbers.next(`${nodes}/ledger of ${name}~${incarnation}`);
      host.record({ kind: "sent", ...numbered });
      ledger.note(numbered);
    }
  }

  consult(): Deferred<number> {
    return this.ctx.defer(this.#premises.ledger.fence());
  }

  get #premises(): Premises {
    return this.ctx.use(premisesKey);
  }
}
