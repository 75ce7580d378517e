// How handlers come to the control channel and go from it, when calls overlap and answers are lost: with a
// real channel, on one node.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ControlChannelActor } from "#actors/control/control-channel.ts";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { CancelWatch } from "#nodes/client/cancel-watch.ts";
import { CommandBook, type CommandHandler } from "#nodes/client/command-book.ts";
import { CommandDesk } from "#nodes/client/command-desk.ts";
import {
  CommandRegistration,
  type CommandRegistrationPorts,
} from "#nodes/client/command-registration.ts";
import { Following } from "#nodes/client/following.ts";
import { Failure } from "#protocols/failure.ts";
import { ControlChannel, controlChannelName } from "#protocols/tasks/control.ts";
import { slowCluster } from "./slow-cluster.ts";

const caller = { by: "ada", scopes: ["admin" as const] };
const handled = (handler: CommandHandler) => ({ handler, scope: "control" as const });

/** Followers of a log with one cancellation, as soon as `tell` is called. */
function cancellations() {
  let followers = 0;
  let tell: () => void = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const event = { eventId: 1, channel: "queue:default", seq: 1, type: "cancelled", taskId: "t" };
  const events = [1, 2].map((seq) => ({ ...event, eventId: seq, seq, at: 1, payload: {} }));
  const cluster: CommandRegistrationPorts["cluster"] = {
    async follow(channel, { signal = new AbortController().signal } = {}) {
      followers += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      return new Following(
        { channel, signals: [signal], position: { epoch: "e", seq: 0 } },
        {
          async read(_channel, after) {
            await told;
            const later = events.filter(({ seq }) => seq > after("e"));
            return { epoch: "e", page: { head: 2, isTrimmed: false, events: later } };
          },
          rung: () => new Promise(() => {}),
          ...{ everyMs: () => 10, random: () => 0.5 },
        },
      );
    },
  };
  return { cluster, tell, count: () => followers };
}

async function commands(context: TestContext) {
  const { desks, slowed, system } = await slowCluster(context);
  const terms = { gateway: null, models: [], endpoint: null, counts: new ControlCounts() };
  await system.started(system.spawn(ControlChannelActor, terms));
  const channel = await system.lookup(ControlChannel, controlChannelName);
  const book = new CommandBook();
  const desk = system.spawn(CommandDesk, book);
  const log = cancellations();
  const ports = { book, cluster: log.cluster, control: desks.control, observedQueues: ["default"] };
  const registration = new CommandRegistration({ ...ports, desk: () => desk, log: () => {} });
  context.after(() => registration.end());
  const other = system.spawn(CommandDesk, new CommandBook());
  return { book, channel, log, other, registration, slowed };
}

test("a handler of cancelled tasks that came and went and came is told of each once", async (context) => {
  const { log, registration } = await commands(context);
  let told = 0;
  const count = handled(() => {
    told += 1;
  });
  const first = registration.register("CANCEL_TASK", count);
  const gone = registration.unregister("CANCEL_TASK");
  await Promise.all([first, gone, registration.register("CANCEL_TASK", count)]);
  log.tell();
  while (told < 2) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([told, log.count()], [2, 2]);
});

test("a command whose registration was not answered is withdrawn from the channel", async (context) => {
  const { book, channel, other, registration, slowed } = await commands(context);
  slowed.after = async () => {
    slowed.after = async () => {};
    throw new Failure("timeout", "the answer was lost");
  };
  const registering = registration.register(
    "SWITCH_LIGHT",
    handled(() => undefined),
  );
  await assert.rejects(registering, /the answer was lost/);
  assert.equal(book.get("SWITCH_LIGHT"), undefined);
  const taken = { command: "SWITCH_LIGHT", handler: other, scope: "control" as const };
  await assert.rejects(channel.register(taken), /is the name of a command already/);
  for (;;) {
    const failure = await channel.register(taken).then(() => undefined, Failure.of);
    if (!failure) break;
    assert.equal(failure.code, "name_taken");
  }
});

test("a command that could not be unregistered is answered until it is", async (context) => {
  const { book, channel, registration, slowed } = await commands(context);
  await registration.register(
    "SWITCH_LIGHT",
    handled(() => ({ color: "red" })),
  );
  const fails = async (): Promise<never> => {
    throw new Failure("unavailable", "no channel");
  };
  slowed.after = fails;
  await assert.rejects(registration.unregister("SWITCH_LIGHT"), /no channel/);
  assert.ok(book.get("SWITCH_LIGHT"));
  assert.deepEqual(book.answered, []);
  slowed.after = async () => {};
  await registration.unregister("SWITCH_LIGHT");
  const answer = await channel.command({ command: "SWITCH_LIGHT" }, caller);
  assert.equal(answer.error?.code, "unknown_message");
  assert.equal(book.get("SWITCH_LIGHT"), undefined);
});

test("a handler of cancelled tasks that never answers is told of the next", async (context) => {
  const { cluster, tell } = cancellations();
  const failures: Failure[] = [];
  let told = 0;
  const deaf = handled(() => {
    told += 1;
    return new Promise<void>(() => {});
  });
  const failed = (failure: Failure): void => void failures.push(failure);
  const terms = { cluster, handled: deaf, queues: ["default"], withinMs: 20, failed };
  const watch = await CancelWatch.begin(terms);
  context.after(() => watch.end());
  tell();
  while (failures.length < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, 2);
  assert.equal(failures[0]?.code, "timeout");
  assert.match(failures[0]?.detail ?? "", /is told of the next; let it start what takes long/);
});
