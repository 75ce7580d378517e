// Messages put aside: bounded, in order, never lost, and their asks stay open.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import {
  createPuppets,
  type Hint,
  Latch,
  outcomeOf,
  type Play,
  type Puppet,
  type PuppetStage,
  type Value,
} from "./puppet.ts";

const balanced = ({ system }: PuppetStage): void => {
  const { sent, processed, queued, dead, inFlight } = system.counts;
  assert.equal(sent, processed + queued + dead + inFlight);
  assert.equal(inFlight, 0);
};

/** Puts everything aside the first time that it comes; the second time it writes it down. */
function keeper(stage: PuppetStage): { readonly ref: Ref<Puppet>; note(text: string): Play } {
  const seen = new Set<string>();
  const note =
    (text: string): Play =>
    (ctx) => {
      if (!seen.has(text)) {
        seen.add(text);
        return ctx.stash();
      }
      stage.diary.push(text);
      return text;
    };
  return { ref: stage.puppet({ name: "keeper" }), note };
}

test("what was put aside comes back in front of what waits, in its order, and its asks are answered", async () => {
  const stage = createPuppets();
  const { ref, note } = keeper(stage);
  const asked = ["1", "2", "3"].map((text) => ref.act(note(text)));
  ref.hint((ctx) => ctx.unstash());
  ref.hint(() => void stage.diary.push("behind"));
  assert.deepEqual(await Promise.all(asked), ["1", "2", "3"]);
  await stage.time.settle();
  assert.deepEqual(stage.diary, ["1", "2", "3", "behind"]);
  balanced(stage);
});

test("beyond its bound a stash refuses the message with stash_full and keeps the others", async () => {
  const stage = createPuppets();
  const { ref, note } = keeper(stage);
  const asked = ["1", "2", "3", "4", "5"].map((text) => outcomeOf(ref.act(note(text))));
  await stage.time.settle();
  assert.equal(stage.system.inspect().children.at(-1)?.stashed, 3);
  ref.hint((ctx) => ctx.unstash());
  assert.deepEqual(await Promise.all(asked), ["1", "2", "3", "stash_full", "stash_full"]);
  balanced(stage);
});

test("readonly handlers in progress at once do not exceed the bound of the stash together", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  const put: Play = async (ctx) => {
    const result = ctx.stash();
    await ctx.sleep(10);
    return result;
  };
  const asked = Array.from({ length: 6 }, () => outcomeOf(ref.$.with({ within: 100 }).look(put)));
  await stage.time.advance(20);
  assert.equal(stage.system.inspect().children.at(-1)?.stashed, 3);
  await stage.time.advance(200);
  const outcomes = await Promise.all(asked);
  assert.equal(outcomes.filter((outcome) => outcome === "stash_full").length, 3);
  balanced(stage);
});

test("an ask in the stash whose asker gave up is not handled, and makes room", async () => {
  const stage = createPuppets();
  const { ref, note } = keeper(stage);
  const given = ["1", "2", "3"].map((text) =>
    outcomeOf(ref.$.with({ within: 10 }).act(note(text))),
  );
  await stage.time.advance(20);
  assert.deepEqual(await Promise.all(given), ["timeout", "timeout", "timeout"]);
  const kept = outcomeOf(ref.act(note("4")));
  await stage.time.settle();
  ref.hint((ctx) => ctx.unstash());
  assert.equal(await kept, "4");
  assert.deepEqual(stage.diary, ["4"]);
  balanced(stage);
});

test("a restart puts the stash back in front: the new instance handles it as it begins", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  const asked: Promise<Value>[] = [];
  const crash = new Latch();
  ref.hint((ctx) => {
    ctx.pipe(
      crash.opened.then(() => Promise.reject(new Error("it fails"))),
      "piped",
    );
    ctx.become("aside");
  });
  for (const text of ["1", "2", "3"]) {
    asked.push(
      ref.act(() => {
        stage.diary.push(text);
        return text;
      }),
    );
  }
  await stage.time.settle();
  assert.equal(stage.system.inspect().children.at(-1)?.stashed, 3);
  assert.deepEqual(stage.diary, []);
  crash.open();
  assert.deepEqual(await Promise.all(asked), ["1", "2", "3"]);
  assert.deepEqual(stage.diary, ["1", "2", "3"]);
  balanced(stage);
});

test("an actor that is stopped with a full stash fails its asks and buries its tells", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  ref.hint((ctx) => ctx.become("aside"));
  const asked = outcomeOf(ref.act(() => "never"));
  const hint: Hint = () => void stage.diary.push("never");
  ref.hint(hint);
  await stage.time.settle();
  await stage.system.stopActor(ref);
  assert.equal(await asked, "actor_stopped");
  assert.equal(stage.system.deadLetters.counts.get("actor_stopped"), 2);
  assert.deepEqual(stage.diary, []);
  balanced(stage);
});

test("a message that is put aside and whose handler then throws is not kept", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  const asked = outcomeOf(
    ref.act((ctx) => {
      ctx.stash();
      throw new Error("it fails");
    }),
  );
  assert.equal(await asked, "actor_crashed");
  ref.hint((ctx) => ctx.unstash());
  await stage.time.settle();
  balanced(stage);
});

test("a message is put aside once, and only while it is handled", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  const twice = ref.act((ctx) => {
    ctx.stash();
    return ctx.stash();
  });
  assert.equal(await outcomeOf(twice), "internal");
  await stage.time.settle();
  let late: unknown;
  await ref.act((ctx) => {
    queueMicrotask(() => {
      try {
        ctx.stash();
      } catch (error) {
        late = error;
      }
    });
    return "done";
  });
  await stage.time.settle();
  assert.match(String(late), /has no message to stash/);
});

test("a timer's message that is put aside fires when it comes back, once", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  let isFirst = true;
  const ring: Play = (ctx) => {
    if (isFirst) {
      isFirst = false;
      return ctx.stash();
    }
    stage.diary.push("rung");
    return "";
  };
  await ref.act((ctx) => ctx.after(10, "play", ring));
  await stage.time.advance(20);
  await ref.act((ctx) => {
    ctx.unstash();
    return "";
  });
  await stage.time.advance(50);
  assert.deepEqual(stage.diary, ["rung"]);
  balanced(stage);
});

test("a timer that is cancelled while its message stands aside never fires", async () => {
  const stage = createPuppets();
  const ref = stage.puppet();
  const ring: Play = (ctx) => {
    stage.diary.push("came");
    return ctx.stash();
  };
  await ref.act((ctx) => ctx.after({ ms: 10, key: "k" }, "play", ring));
  await ref.act((ctx) => ctx.every({ ms: 10, key: "e" }, "play", ring));
  await stage.time.advance(45);
  assert.deepEqual(stage.diary, ["came", "came"], "the repeated one does not pile up in the stash");
  await ref.act((ctx) => {
    ctx.cancel("k");
    ctx.cancel("e");
    ctx.unstash();
    return "";
  });
  await stage.time.advance(50);
  assert.deepEqual(stage.diary, ["came", "came"]);
  balanced(stage);
});
