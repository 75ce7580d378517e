// A stage with players: a parent and children whose lives are written into one diary, for the tests
// of supervision. Each line bears the virtual time: "20 b starts".
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { LifeTerms, Pending } from "#runtime/core/actor-class.ts";
import type { Strategy, SupervisionSpec } from "#runtime/core/supervision.ts";
import { createTestSystem, type TestSystem } from "#runtime/testkit/test-system.ts";
import type { VirtualTime } from "#runtime/testkit/virtual-time.ts";

export interface Player {
  /** Throws a failure of this code. */
  fail(code: FailureCode): void;
  leave(pending: Pending): void;
  /** Takes this long, then writes it down. */
  say(text: string, ms: number): void;
  failByTimer(ms: number): void;
  failByPipe(): void;
}
export const Player = protocol<Player>("test.Player@1", {
  fail: tell,
  leave: tell,
  say: tell,
  failByTimer: tell,
  failByPipe: tell,
});

export interface Script {
  /** Of each `start` in turn: milliseconds that it takes; NaN: it throws. Afterwards 0. */
  readonly starts?: number[];
  /** Of each `stopped` in turn: milliseconds that it takes; NaN: it throws. Afterwards 0. */
  readonly ends?: number[];
}
interface Part {
  readonly name: string;
  readonly script: Script;
  readonly diary: string[];
  readonly time: VirtualTime;
}

/** A promise that settles with virtual time, though its actor may be gone. */
const passed = (time: VirtualTime, ms: number): Promise<void> =>
  new Promise((resolve) => time.createTimers().set(time.now() + ms, resolve));

async function perform(part: Part, times: number[] | undefined, what: string): Promise<void> {
  const ms = times?.shift() ?? 0;
  if (Number.isNaN(ms)) throw new Error(`${what} is impossible`);
  if (ms > 0) await passed(part.time, ms);
}

export class PlayerActor extends Actor<Player, Part> implements Handlers<Player> {
  static readonly protocol = Player;
  static initial = (part: Part) => part;
  override start(): void | Promise<void> {
    this.#note("starts");
    const { script } = this.state;
    if (script.starts?.length) return perform(this.state, script.starts, "start");
  }
  override stopped(exit: Exit): void | Promise<void> {
    this.#note(exit.kind);
    const { script } = this.state;
    if (script.ends?.length) return perform(this.state, script.ends, "stopped");
  }
  fail(code: FailureCode): void {
    throw new Failure(code, `${this.state.name} failed`);
  }
  leave(pending: Pending): void {
    this.ctx.stop(undefined, { pending });
  }
  async say(text: string, ms: number): Promise<void> {
    if (ms > 0) await passed(this.state.time, ms);
    this.#note(text);
  }
  failByTimer(ms: number): void {
    this.ctx.after(ms, "fail", "model_failed");
  }
  failByPipe(): void {
    this.ctx.pipe(Promise.reject<FailureCode>(new Error("piped")), "fail");
  }
  #note(what: string): void {
    this.state.diary.push(`${this.state.time.now()} ${this.state.name} ${what}`);
  }
}

export interface Casting extends LifeTerms {
  readonly name: string;
  readonly script?: Script;
}

export interface Stage {
  stop(name: string, pending: Pending): void;
  cast(casting: Casting): void;
  busy(ms: number): void;
}
const Stage = protocol<Stage>("test.Stage@1", { stop: tell, cast: tell, busy: tell });

interface StageTerms {
  readonly cast: readonly Casting[];
  readonly diary: string[];
  readonly time: VirtualTime;
  readonly players: Map<string, Ref<Player>>;
}

export class StageActor extends Actor<Stage, StageTerms> implements Handlers<Stage> {
  static readonly protocol = Stage;
  static initial = (terms: StageTerms) => terms;
  override start(): void {
    for (const casting of this.state.cast) this.cast(casting);
  }
  override terminated(ref: AnyRef, exit: Exit): void {
    const name = ref.$.address.path.split("/").at(-1);
    this.state.diary.push(`${this.state.time.now()} ${name} is gone, ${exit.kind}`);
  }
  stop(name: string, pending: Pending): void {
    const player = this.state.players.get(name);
    if (player) this.ctx.stop(player, { pending });
  }
  cast({ name, script = {}, ...terms }: Casting): void {
    const { diary, time, players } = this.state;
    const player = this.ctx.spawn(PlayerActor, { name, script, diary, time }, { name, ...terms });
    this.ctx.watch(player);
    players.set(name, player);
  }
  busy(ms: number): Promise<void> {
    return passed(this.state.time, ms);
  }
}

export const backoff = { delayMsMin: 20, delayMsMax: 1_000, factor: 2, jitter: 0 };

export interface Performance extends TestSystem {
  /** From the beginning. */
  readonly diary: string[];
  readonly stage: Ref<Stage>;
  player(name: string): Ref<Player>;
  /** What was written down since the last look, after so many milliseconds. */
  after(ms: number): Promise<readonly string[]>;
}

/** Players on a stage, all started. */
export async function performWith(
  cast: readonly Casting[],
  supervise: Partial<SupervisionSpec> & { readonly strategy: Strategy },
  above?: SupervisionSpec,
): Promise<Performance> {
  const test = createTestSystem(above ? { supervise: above } : {});
  const diary: string[] = [];
  const players = new Map<string, Ref<Player>>();
  const spec: SupervisionSpec = { restartsMax: 5, withinMs: 10_000, backoff, ...supervise };
  const stage = test.system.spawn(
    StageActor,
    { cast, diary, time: test.time, players },
    { name: "stage", supervise: spec },
  );
  let seen = 0;
  const after = async (ms: number): Promise<readonly string[]> => {
    await test.time.advance(ms);
    const lines = diary.slice(seen);
    seen = diary.length;
    return lines;
  };
  await after(0);
  return {
    ...test,
    diary,
    stage,
    after,
    player(name) {
      const found = players.get(name);
      if (!found) throw new Error(`there is no player ${name}`);
      return found;
    },
  };
}
