// What an asker is told: which actor, which message, and what to do about it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Failure, type Handlers, protocol, type Ref } from "#protocols/index.ts";
import { Actor } from "#runtime/index.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";

interface Odd {
  crash(): string;
  hang(): string;
  aside(): string;
  circle(): string;
}
const Odd = protocol<Odd>("texts.Odd@1", {
  crash: ask,
  hang: ask({ within: 100 }),
  aside: ask,
  circle: ask,
});

class OddActor extends Actor<Odd> implements Handlers<Odd> {
  static readonly protocol = Odd;
  static readonly stashMax = 0;
  static readonly stopTimeoutMs = 0;
  static readonly mailbox = { capacity: 1, whenFull: "reject" } as const;

  crash(): string {
    throw new RangeError("index 9");
  }
  hang(): Promise<string> {
    return new Promise(() => {});
  }
  aside(): string {
    return this.ctx.stash();
  }
  async circle(): Promise<string> {
    return this.ctx.self.crash();
  }
}

const outcomes: readonly {
  readonly code: string;
  readonly act: (odd: Ref<Odd>, stop: () => Promise<void>) => Promise<string>;
  readonly says: RegExp;
}[] = [
  { code: "actor_crashed", act: (odd) => odd.crash(), says: /\/odd crash threw RangeError: index/ },
  {
    code: "timeout",
    act: (odd) => odd.hang(),
    says: /\/odd#\d+ hang in 100 ms; it may still handle it: ask again, or give it more time/,
  },
  {
    code: "stash_full",
    act: (odd) => odd.aside(),
    says: /\/odd cannot put aside aside: .*0 messages.*; try later/,
  },
  { code: "ask_cycle", act: (odd) => odd.circle(), says: /\/odd.* circle.*Answer first/ },
  {
    code: "mailbox_full",
    act: async (odd) => {
      void odd.hang().catch(() => {});
      await Promise.resolve();
      void odd.hang().catch(() => {});
      return odd.hang();
    },
    says: /\/odd#\d+ did not handle hang: its mailbox is full.*; ask less at once/,
  },
  {
    code: "actor_stopped",
    act: async (odd, stop) => {
      const asked = odd.$.with({ within: 60_000 }).hang();
      await new Promise((resolve) => setImmediate(resolve));
      void stop();
      return asked;
    },
    says: /\/odd ended, or began anew, while hang was in progress; what it did until then stands/,
  },
  {
    code: "actor_stopped",
    act: async (odd, stop) => {
      await stop();
      return odd.hang();
    },
    says: /\/odd#\d+ did not handle hang: it ended/,
  },
];

for (const { code, act, says } of outcomes) {
  test(`${code} names the actor, the message and what to do: ${says.source}`, async () => {
    const { system, time } = createTestSystem();
    const odd = system.spawn(OddActor, { name: "odd" });
    const outcome = act(odd, () => system.stopActor(odd)).catch((failure: Failure) => failure);
    const failure = await time.until(outcome);
    assert.ok(typeof failure !== "string");
    assert.equal(failure.code, code, failure.message);
    assert.match(failure.detail, says);
  });
}
