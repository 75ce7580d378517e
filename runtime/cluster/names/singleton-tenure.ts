// One keeper's dealings with the name of its singleton: claims it when it is free, has the actor as a
// child as long as it is the owner, and gives the name back when the child has ended.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Entry, Revision } from "#runtime/cluster/directory/directory.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import { retryMs } from "#runtime/cluster/directory/patient-call.ts";
import type { ActorClass, SpawnOptions } from "#runtime/core/actor-class.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { reply } from "#runtime/core/reply.ts";
import { isPlaceOf, placeValue } from "./actor-entry.ts";
import { nameKey } from "./cluster-names.ts";

/** What a keeper sends itself. */
export interface SingletonMessages {
  singletonFree(): void;
  singletonClaimed(entry: Entry): void;
  singletonMissed(failure: FailureData): void;
  singletonLost(failure: FailureData): void;
}

/** What a tenure needs of its keeper's context, whatever that one's protocol. */
export interface TenureContext {
  readonly self: AnyRef;
  send(method: keyof SingletonMessages, ...args: readonly unknown[]): void;
  after(dueMs: number, method: keyof SingletonMessages): unknown;
  pipe(
    promise: Promise<unknown>,
    onValue: keyof SingletonMessages,
    onFailure: keyof SingletonMessages,
  ): void;
  spawnAs(type: ActorClass, args: unknown, options?: SpawnOptions): AnyRef;
  stop(child: AnyRef): void;
  watch(ref: AnyRef): void;
  forward(to: AnyRef): unknown;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface TenureTerms {
  readonly name: string;
  readonly session: DirectorySession;
  readonly type: ActorClass;
  /** The child's, but for the fence. */
  readonly args: object;
}

interface Owned {
  readonly fence: Revision;
  readonly child: AnyRef;
}

export class SingletonTenure {
  readonly #ctx: TenureContext;
  readonly #terms: TenureTerms;
  readonly #key: string;
  readonly #view: DirectoryView;
  readonly #withdraw: () => void;
  #owned: Owned | undefined;
  /** What the view tells late of an earlier tenure does not begin another. */
  #endedFence: Revision = 0;
  #isClaiming = false;
  #failures = 0;

  constructor(ctx: TenureContext, terms: TenureTerms) {
    this.#ctx = ctx;
    this.#terms = terms;
    const key = nameKey(terms.name);
    const { session } = terms;
    this.#key = key;
    this.#withdraw = session.onLost((failure) => ctx.send("singletonLost", failure.toData()));
    this.#view = new DirectoryView(session.directory, key, session.ports, {
      put: (entry) => {
        // Of this keeper before it was restarted: its child has ended with it.
        if (entry.key === key && isPlaceOf(entry, ctx.self)) ctx.send("singletonClaimed", entry);
      },
      removed: () => ctx.send("singletonFree"),
      listed: () => ctx.send("singletonFree"),
    });
  }

  /** Hands the message in progress to the singleton, which must be here and surely the only one. */
  pass(): unknown {
    const { name, session } = this.#terms;
    // Nothing on the way from this look to the child's mailbox takes time.
    if (this.#owned && session.isSafe) return this.#ctx.forward(this.#owned.child);
    const text = `the singleton ${name} does not run here any more, or not yet; send to its singletonRef`;
    throw reply(new Failure("unavailable", text));
  }

  claim(): void {
    const { session } = this.#terms;
    const isFree = !this.#view.entries.has(this.#key);
    if (!isFree || session.lost || this.#owned || this.#isClaiming) return;
    this.#isClaiming = true;
    const value = placeValue(this.#ctx.self);
    const key = this.#key;
    const claiming = session.opened.then(() =>
      session.directory.put({ key, value, session: session.node, expect: "absent" }),
    );
    this.#ctx.pipe(claiming, "singletonClaimed", "singletonMissed");
  }

  claimed({ revision: fence }: Entry): void {
    this.#isClaiming = false;
    this.#failures = 0;
    const { args, name, session, type } = this.#terms;
    if (this.#owned || !session.isSafe || fence <= this.#endedFence) return;
    const stopTimeoutMs = session.marginMs / 2;
    const child = this.#ctx.spawnAs(type, { ...args, fence }, { stopTimeoutMs });
    this.#owned = { fence, child };
    this.#ctx.watch(child);
    this.#ctx.log("info", `owns the singleton ${name}`, { fence });
  }

  missed({ code, detail }: FailureData): void {
    this.#isClaiming = false;
    // Another was first: the view tells when that one is gone.
    if (code === "conflict") return;
    this.#failures += 1;
    if (this.#failures === 1) this.#ctx.log("warn", `no claim: ${detail}`, { code });
    this.#ctx.after(retryMs(this.#failures), "singletonFree");
  }

  lost({ code, detail }: FailureData): void {
    if (!this.#owned) return;
    const { child } = this.#owned;
    this.#owned = undefined;
    this.#ctx.log("error", `gives up the singleton ${this.#terms.name}: ${detail}`, { code });
    this.#ctx.stop(child);
  }

  /** It stopped by itself, or failed for good: another node may have it, or this one again. */
  childEnded(ref: AnyRef): void {
    if (this.#owned?.child.$.toString() !== ref.$.toString()) return;
    const { fence } = this.#owned;
    this.#owned = undefined;
    const again = (): unknown => this.#ctx.after(retryMs(2), "singletonFree");
    void this.#release(fence).then(again);
  }

  /** Its child has ended already: the name goes to whoever is next. */
  async end(): Promise<void> {
    this.#withdraw();
    this.#view.close();
    const fence = this.#owned?.fence;
    this.#owned = undefined;
    if (fence !== undefined && !this.#terms.session.lost) await this.#release(fence);
  }

  async #release(fence: Revision): Promise<void> {
    this.#endedFence = fence;
    try {
      await this.#terms.session.directory.remove({ key: this.#key, expect: fence });
    } catch (error) {
      const { code, detail } = Failure.of(error);
      // It ends with the session at the latest; another revision is another's.
      if (code !== "conflict") this.#ctx.log("warn", `the name was not given back: ${detail}`);
    }
  }
}
