// Every message is somewhere at every instant, whatever happens: sent = processed + queued + dead + in
// flight. Looked at from outside, from handlers, and from all hooks of an observer and a listener.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { MailboxSpec } from "#runtime/core/actor-class.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import type { Observer } from "#runtime/core/observer.ts";
import { reply } from "#runtime/core/reply.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import {
  type Hint,
  outcomeOf,
  type Puppet,
  type PuppetStage,
  puppetsOn,
  restartAtOnce,
} from "./puppet.ts";

const mailboxes: readonly MailboxSpec[] = [
  { capacity: 2, whenFull: "reject" },
  { capacity: 2, whenFull: "drop-oldest" },
  { capacity: 3, bytesMax: 100, whenFull: "drop-oldest" },
  { capacity: 2, whenFull: "drop-lowest-priority", priorities: { act: 0, hint: 5, rung: 7 } },
  { capacity: 1, whenFull: "backpressure" },
];

/** What a message may do with its actor. */
const hints: Readonly<Record<string, Hint>> = {
  nothing: () => {},
  crash: () => {
    throw new Error("oops");
  },
  crashLater: async (ctx) => {
    await ctx.sleep(3);
    throw new Error("late");
  },
  refuse: () => {
    throw reply(new Failure("conflict", "no"));
  },
  sleep: (ctx) => ctx.sleep(7),
  stash: (ctx) => ctx.stash(),
  unstash: (ctx) => ctx.unstash(),
  aside: (ctx) => ctx.become("aside"),
  back: (ctx) => {
    ctx.become(undefined);
    ctx.unstash();
  },
  timer: (ctx) => void ctx.after({ ms: 4, key: "once" }, "rung", "once"),
  ticks: (ctx) => void ctx.every({ ms: 2, key: "tick" }, "rung", "tick"),
  quiet: (ctx) => ctx.cancel("tick"),
  own: (ctx) => {
    ctx.send("rung", "own");
    ctx.send("rung", "own");
  },
  pipe: (ctx) =>
    ctx.pipe(
      ctx.sleep(2).then(() => "piped"),
      "piped",
    ),
  flood: (ctx, other) => {
    for (let count = 0; count < 4; count += 1) other?.hint(() => {});
    ctx.self.hint(() => {});
  },
  askOther: async (_ctx, other) => {
    if (other) await outcomeOf(other.$.with({ within: 6 }).act(() => "well"));
  },
  forward: (ctx, other) =>
    other && other.$.address.path !== ctx.path ? ctx.forward(other) : undefined,
  watch: (ctx, other) => {
    if (other) ctx.watch(other);
  },
  leave: (ctx) => ctx.stop(undefined, { pending: "drain" }),
  end: (ctx) => ctx.stop(),
};

const plans = fc.array(
  fc.record({
    what: fc.constantFrom(
      ...Object.keys(hints),
      "nothing",
      "nothing",
      "look",
      "askBriefly",
      "stop",
      "drain",
    ),
    to: fc.nat({ max: 4 }),
    other: fc.nat({ max: 4 }),
    pauseMs: fc.constantFrom(0, 0, 0, 1, 5),
  }),
  { maxLength: 60 },
);
type Step = typeof plans extends fc.Arbitrary<(infer S)[]> ? S : never;

function check(system: ActorSystem, where: string): void {
  const { sent, processed, queued, dead, inFlight } = system.counts;
  const text = `${where}: sent ${sent}, but ${processed} + ${queued} + ${dead} + ${inFlight}`;
  assert.equal(processed + queued + dead + inFlight, sent, text);
}

/** A stage on which whoever looks finds the accounts in order, or it is written down. */
function createWatched(seed: number): { readonly stage: PuppetStage; readonly wrong: string[] } {
  const wrong: string[] = [];
  const look = (where: string): void => {
    try {
      if (watched) check(watched, where);
    } catch (error) {
      wrong.push(String(error));
    }
  };
  let watched: ActorSystem | undefined;
  const observer: Observer = {
    handling: () => look("handling"),
    handled: () => look("handled"),
    spawned: () => look("spawned"),
    crashed: () => look("crashed"),
    restarted: () => look("restarted"),
    ended: () => look("ended"),
    dead: () => look("dead"),
    sending: () => undefined,
  };
  const stage = puppetsOn(
    createTestSystem({ supervise: restartAtOnce, order: { seed }, observer }),
  );
  watched = stage.system;
  stage.system.events.subscribe(systemTopics["dead-letter"], () => look("dead letter"));
  return { stage, wrong };
}

function send({ what }: Step, to: Ref<Puppet>, other: Ref<Puppet>, { system }: PuppetStage): void {
  const hint = hints[what];
  if (hint) {
    to.hint((ctx, ref) => {
      check(system, "a handler");
      return hint(ctx, ref);
    }, other);
  } else if (what === "look") {
    void outcomeOf(to.look((ctx) => ctx.sleep(2).then(() => "seen")));
  } else if (what === "askBriefly") {
    void outcomeOf(to.$.with({ within: 2 }).act((ctx) => ctx.stash()));
  } else {
    void system.stopActor(to, { pending: what === "drain" ? "drain" : "drop" });
  }
}

async function live(plan: readonly Step[], seed: number): Promise<void> {
  const { stage, wrong } = createWatched(seed);
  const { system, time, puppet, stop } = stage;
  const cast = (index: number): Ref<Puppet> => {
    const mailbox = mailboxes[index];
    const restart = index === 1 ? "permanent" : "transient";
    return puppet({ restart, stopTimeoutMs: 20, ...(mailbox && { mailbox }) });
  };
  const refs = mailboxes.map((_, index) => cast(index));
  for (const step of plan) {
    const [to, other] = [refs[step.to], refs[step.other]];
    if (!to || !other) continue;
    send(step, to, other, stage);
    check(system, step.what);
    if (step.pauseMs > 0) await time.advance(step.pauseMs);
    check(system, `after ${step.what}`);
  }
  await time.advance(200);
  check(system, "at rest");
  await stop();
  check(system, "at the end");
  const { queued, inFlight } = system.counts;
  assert.deepEqual({ queued, inFlight }, { queued: 0, inFlight: 0 });
  assert.equal(system.asks.openCount, 0, "no ask is open");
  assert.deepEqual(wrong, []);
}

/** What an actor sends itself comes in over the bound: then two give way to one. */
const twoGiveWay: readonly Step[] = [
  { what: "ticks", to: 1, other: 0, pauseMs: 1 },
  { what: "nothing", to: 0, other: 0, pauseMs: 1 },
  { what: "crashLater", to: 1, other: 0, pauseMs: 1 },
  { what: "nothing", to: 1, other: 0, pauseMs: 0 },
  { what: "nothing", to: 1, other: 0, pauseMs: 1 },
  { what: "nothing", to: 1, other: 0, pauseMs: 0 },
];

test("at every instant of a random life each message is in exactly one place", async () => {
  await fc.assert(fc.asyncProperty(plans, fc.nat(), live), {
    numRuns: 120,
    examples: [[twoGiveWay, 0]],
    includeErrorInReport: true,
  });
});
