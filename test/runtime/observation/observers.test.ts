import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import type { Observer } from "#runtime/core/observer.ts";
import { MessageClock } from "#runtime/observation/message-clock.ts";
import { type ObserverPart, observeWith } from "#runtime/observation/observers.ts";
import { actorAt, HandClock, handleOnce, messageOf } from "./observed-stage.ts";

const actor = actorAt("/a");
const trace = { traceId: "a".repeat(32), spanId: "b".repeat(16), flags: 1 };

function listening(name: string, heard: string[]): Observer {
  return {
    handling: (_actor, method) => {
      heard.push(`${name} handling ${method}`);
      return `${name}'s token`;
    },
    handled: (_actor, method, end, token) =>
      heard.push(`${name} handled ${method} ${end} ${token}`),
    spawned: ({ path }) => heard.push(`${name} spawned ${path}`),
    crashed: ({ path }, { code }, during) =>
      heard.push(`${name} crashed ${path} ${code} ${during}`),
    restarted: ({ path }) => heard.push(`${name} restarted ${path}`),
    ended: ({ path }, { kind }) => heard.push(`${name} ended ${path} ${kind}`),
    dead: ({ to, reason }) => heard.push(`${name} dead ${to} ${reason}`),
    sending: (_sender, method, current) => {
      heard.push(`${name} sending ${method} ${current}`);
      return undefined;
    },
  };
}

test("each observer hears every hook, in order, and gets its own token back", () => {
  const heard: string[] = [];
  const group = observeWith(listening("x", heard), listening("y", heard));
  const token = group.handling(actor, "add", messageOf());
  group.sending(actor, "next", token);
  group.handled(actor, "add", "done", token);
  group.spawned(actor);
  group.crashed(actor, new Failure("internal", "no"), "add");
  group.restarted(actor);
  group.ended(actor, { kind: "stopped" });
  group.dead({ reason: "mailbox_full", to: "/b", method: "add" });
  const expected = [
    "handling add",
    "sending next TOKEN",
    "handled add done TOKEN",
    "spawned /a",
    "crashed /a internal add",
    "restarted /a",
    "ended /a stopped",
    "dead /b mailbox_full",
  ];
  assert.deepEqual(
    heard,
    expected.flatMap((line) =>
      ["x", "y"].map((name) => `${name} ${line.replace("TOKEN", `${name}'s token`)}`),
    ),
  );
});

test("a group of one passes the token through, and parts without handling get none", () => {
  const tokens: unknown[] = [];
  const only: ObserverPart = {
    handling: () => 7,
    handled: (_a, _m, _e, token) => tokens.push(token),
  };
  const deaf: ObserverPart = { handled: (_a, _m, _e, token) => tokens.push(token) };
  const group = observeWith(deaf, only);
  assert.equal(group.handling(actor, "add", messageOf()), 7);
  group.handled(actor, "add", "done", 7);
  assert.deepEqual(tokens, [undefined, 7]);
});

test("handlings in progress at the same time keep their tokens apart", () => {
  const ended: unknown[] = [];
  let next = 0;
  const counting = (name: string): ObserverPart => ({
    handling: () => `${name}${next++}`,
    handled: (_a, _m, _e, token) => ended.push(token),
  });
  const group = observeWith(counting("x"), counting("y"));
  const first = group.handling(actor, "slow", messageOf());
  const second = group.handling(actor, "slow", messageOf());
  group.handled(actor, "slow", "done", second);
  group.handled(actor, "slow", "left-behind", first);
  assert.deepEqual(ended, ["x2", "y3", "x0", "y1"]);
});

test("the first trace context found is the one a message bears", () => {
  const asked: string[] = [];
  const group = observeWith(
    { sending: () => void asked.push("x") },
    {
      sending: () => {
        asked.push("y");
        return trace;
      },
    },
    {
      sending: () => {
        asked.push("z");
        return undefined;
      },
    },
  );
  assert.equal(group.sending(undefined, "add", undefined), trace);
  assert.deepEqual(asked, ["x", "y"]);
});

test("an observer that throws is switched off, told once, and costs the others nothing", () => {
  for (const hook of [
    "handling",
    "handled",
    "spawned",
    "crashed",
    "restarted",
    "ended",
    "dead",
    "sending",
  ] as const) {
    const heard: string[] = [];
    let throws = 0;
    const bad: ObserverPart = {
      ...listening("bad", []),
      [hook]: () => {
        throws += 1;
        throw new Error("broken");
      },
    };
    const group = observeWith(listening("x", heard), bad, listening("y", heard));
    const told: string[] = [];
    group.onFailure = ({ hook: where, failure }) => told.push(`${where} ${failure.detail}`);
    for (let round = 0; round < 2; round += 1) {
      const token = group.handling(actor, "add", messageOf());
      group.sending(actor, "next", token);
      group.handled(actor, "add", "done", token);
      group.spawned(actor);
      group.crashed(actor, new Failure("internal", "no"), "add");
      group.restarted(actor);
      group.ended(actor, { kind: "stopped" });
      group.dead({ reason: "mailbox_full", to: "/b", method: "add" });
    }
    assert.equal(throws, 1, hook);
    assert.deepEqual(told, [`${hook} broken`]);
    assert.deepEqual(
      group.failures.map(({ part }) => part === bad),
      [true],
    );
    assert.equal(heard.length, 2 * 2 * 8);
    assert.ok(!heard.some((line) => line.includes("undefined")), "tokens stay with their owners");
  }
});

test("a listener to failures that throws harms nobody", () => {
  const group = observeWith({
    spawned: () => {
      throw new Error("broken");
    },
  });
  group.onFailure = () => {
    throw new Error("broken too");
  };
  group.spawned(actor);
  assert.equal(group.failures.length, 1);
});

test("an empty group hears everything and says nothing", () => {
  const group = observeWith();
  handleOnce(group, actor, { method: "add" });
  group.spawned(actor);
  assert.equal(group.sending(actor, "add", undefined), undefined);
});

test("observers that share a message clock see one instant for each event", () => {
  const hand = new HandClock();
  const clock = new MessageClock(hand);
  const seen: number[] = [];
  const looker: ObserverPart = {
    handling: () => seen.push(clock.now()),
    handled: () => seen.push(clock.now(), clock.now()),
  };
  const group = observeWith(looker, clock, looker);
  hand.looks = 0;
  hand.nowMs = 5;
  handleOnce(group, actor, {
    method: "add",
    meanwhile: () => {
      hand.nowMs = 9;
    },
  });
  assert.deepEqual(seen, [5, 5, 9, 9, 9, 9]);
  assert.equal(hand.looks, 2);
  assert.equal(clock.wall(), hand.wall());
});
