import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, protocol } from "#protocols/index.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Keeper {
  kept(): unknown;
}
// An answer of an unknown type is an answer: a tell here would not compile.
const Keeper = protocol<Keeper>("test.Keeper@1", { kept: ask });

class KeeperActor extends Actor<Keeper, { kept: unknown }> {
  static readonly protocol = Keeper;
  static initial = (kept?: string) => ({ kept });
  kept(): unknown {
    return this.state.kept;
  }
}

class EmptyActor extends Actor<Keeper, { kept: unknown }> {
  static readonly protocol = Keeper;
  static initial = () => ({ kept: "nothing" });
  kept(): unknown {
    return this.state.kept;
  }
}

test("an argument that may be left out still has its place before the options", async () => {
  const { system, time } = createTestSystem();
  const full = system.spawn(KeeperActor, "a letter", { name: "full" });
  const empty = system.spawn(KeeperActor, undefined, { name: "empty" });
  const plain = system.spawn(EmptyActor, { name: "plain" });
  assert.equal(await time.until(full.kept()), "a letter");
  assert.equal(await time.until(empty.kept()), undefined);
  assert.equal(await time.until(plain.kept()), "nothing");
  assert.deepEqual(
    [full, empty, plain].map((ref) => ref.$.address.path),
    ["/full", "/empty", "/plain"],
  );
  // @ts-expect-error: the options would be taken for the argument.
  system.spawn(KeeperActor, { name: "lost" });
});

test("a mailbox that ranks a message which does not exist is refused by name", () => {
  const { system } = createTestSystem();
  const mailbox = { capacity: 10, whenFull: "reject", priorities: { keptt: 0 } } as const;
  assert.throws(() => system.spawn(KeeperActor, undefined, { mailbox }), {
    code: "invalid",
    message: /it ranks keptt, which is no message of test\.Keeper@1/,
  });
});

test("a task of a shutdown hears how long its phase has", async () => {
  const { system, time } = createTestSystem();
  const told: number[] = [];
  system.onShutdown("finish-work", "listener", (msMax) => void told.push(msMax));
  await time.until(system.shutdown({ "finish-work": 1_234 }));
  assert.deepEqual(told, [1_234]);
});
