// What must not compile: each of these mistakes is found before the program runs, with a message that
// says what is wrong. A mistake that compiles fails the test, and so does one with another message.
import assert from "node:assert/strict";
import { test } from "node:test";
import { complaintsAbout } from "./compiled-snippets.ts";
import { prelude } from "./snippet-prelude.ts";
import { type Mistake, spawnMistakes } from "./spawn-mistakes.ts";

const mistakes: readonly Mistake[] = [
  [
    "an argument of the wrong type",
    `counter.add("1");`,
    /'string' is not assignable to parameter of type 'number'/,
  ],
  ["an argument too few", "counter.add();", /Expected 1 arguments, but got 0/],
  ["an argument too many", "counter.value(1);", /Expected 0 arguments, but got 1/],
  [
    "a wrong one among many",
    `counter.all(1, "2");`,
    /'string' is not assignable to parameter of type 'number'/,
  ],
  [
    "a message that the protocol has not",
    "counter.subtract(1);",
    /Property 'subtract' does not exist/,
  ],
  [
    "a value awaited of a tell",
    "const n: number = await counter.add(1);",
    /Type 'void' is not assignable to type 'number'/,
  ],
  [
    "an answer of the wrong type",
    "const text: string = await counter.value();",
    /Type 'number' is not assignable to type 'string'/,
  ],
  [
    "an answer that is not awaited",
    "const n: number = counter.value();",
    /Type 'Promise<number>' is not assignable to type 'number'/,
  ],
  [
    "a ref of another protocol",
    "const other: Ref<Counter> = printer;",
    /Type 'Ref<Printer>' is not assignable to type 'Ref<Counter>'/,
  ],
  [
    "a ref of another protocol in a message",
    "counter.share(counter);",
    /'Ref<Counter>' is not assignable to parameter of type 'Ref<Printer>'/,
  ],
  [
    "a ref of unknown protocol in a message",
    "counter.share(any);",
    /'AnyRef' is not assignable to parameter of type 'Ref<Printer>'/,
  ],
  ["an object that poses as a ref", "counter.share({ print() {} });", /Property '\$' is missing/],
  [
    "a message to a ref of unknown protocol",
    "any.add(1);",
    /Property 'add' does not exist on type 'AnyRef'/,
  ],
  [
    "a time that is no number",
    `counter.$.with({ within: "1" });`,
    /Type 'string' is not assignable to type 'number'/,
  ],
  [
    "a call option that there is not",
    "counter.$.with({ timeout: 1 });",
    /'timeout' does not exist in type 'CallOptions'/,
  ],
  [
    "an ask declared as a tell",
    `protocol<Printer>("x@1", { print: ask });`,
    /is not assignable to type '\(\(options\?: \{ readonly control/,
  ],
  [
    "a tell declared as an ask",
    `protocol<{ one(): number }>("x@1", { one: tell });`,
    /is not assignable to type/,
  ],
  [
    "a method left out of its protocol",
    `protocol<Counter>("x@1", { add: tell });`,
    /missing the following properties .*value, reset/,
  ],
  [
    "a method that the interface has not",
    `protocol<Printer>("x@1", { print: tell, more: tell });`,
    /'more' does not exist in type/,
  ],
  [
    "a message named like what awaiting a ref calls",
    `protocol<{ then(): void }>("x@1", { then: tell });`,
    /Type '{ then\(\): void; }' does not satisfy the constraint/,
  ],
  [
    "a message named like a hook",
    `protocol<{ start(): void }>("x@1", { start: tell });`,
    /Type '{ start\(\): void; }' does not satisfy the constraint/,
  ],
  [
    "a deferred answer made by hand",
    `class A extends Actor<Counter> implements Handlers<Pick<Counter, "value">> { value() { return { promise: Promise.resolve(1) }; } }`,
    /Property 'value' in type 'A' is not assignable/,
  ],
  [
    "a deferred answer of the wrong type",
    `class A extends Actor<Counter> implements Handlers<Pick<Counter, "value">> { value() { return this.ctx.defer(Promise.resolve("1")); } }`,
    /Property 'value' in type 'A' is not assignable/,
  ],
  [
    "a protocol without a version",
    `protocol<Printer>("demo.Printer", { print: tell });`,
    /'"demo.Printer"' is not assignable to parameter of type '`\$\{string\}@\$\{number\}`'/,
  ],
  [
    "a schema for too few arguments",
    "Counter.checked({ add: [] });",
    /Source has 0 element\(s\) but target requires 1/,
  ],
  [
    "a schema for too many arguments",
    "Counter.checked({ value: [{}] });",
    /Type '{}' is not assignable to type 'undefined'/,
  ],
  [
    "a handler left out",
    "class A extends Actor<Counter> implements Handlers<Counter> { static readonly protocol = Counter; add() {} }",
    /Class 'A' incorrectly implements interface 'Handlers<Counter>'/,
  ],
  [
    "a handler that answers wrongly",
    `class A extends Actor<Counter> implements Handlers<Pick<Counter, "value">> { value() { return "1"; } }`,
    /Property 'value' in type 'A' is not assignable/,
  ],
  [
    "a handler of a tell that answers",
    "class A extends Actor<Printer> implements Handlers<Printer> { print() { return 1; } }",
    /Property 'print' in type 'A' is not assignable/,
  ],
  [
    "a handler that takes something else",
    "class A extends Actor<Printer> implements Handlers<Printer> { print(count: number) { count += 1; } }",
    /Property 'print' in type 'A' is not assignable/,
  ],
  [
    "a state of another type",
    "class A extends Actor<Printer, { n: number }> { act() { this.state.n = '1'; } }",
    /Type 'string' is not assignable to type 'number'/,
  ],
  ...spawnMistakes,
  [
    "the spawned actor's ref taken for another's",
    "const other: Ref<Counter> = system.spawn(PrinterActor);",
    /Type 'Ref<Printer>' is not assignable to type 'Ref<Counter>'/,
  ],
  [
    "a timer for a message that there is not",
    `ctx.after(10, "tock");`,
    /'"tock"' is not assignable to parameter of type/,
  ],
  [
    "a timer with wrong arguments",
    `ctx.every({ ms: 10, key: "k" }, "tick", "1");`,
    /'string' is not assignable to parameter of type 'number'/,
  ],
  [
    "a timer with its arguments left out",
    `ctx.after(10, "add");`,
    /Expected 3 arguments, but got 2/,
  ],
  [
    "a message to itself with wrong arguments",
    `ctx.send("tick", "1");`,
    /'string' is not assignable to parameter of type 'number'/,
  ],
  [
    "a pipe to a message that takes something else",
    `ctx.pipe(Promise.resolve(1), "found");`,
    /'"found"' is not assignable to parameter of type/,
  ],
  [
    "a subscription to a message that takes something else",
    `ctx.subscribe(Prices, "found");`,
    /'"found"' is not assignable to parameter of type 'PipeTarget<Counter & Own, number>'/,
  ],
  [
    "an event of another topic's type",
    `ctx.publish(Prices, "dear");`,
    /'string' is not assignable to parameter of type 'number'/,
  ],
  [
    "a pipe whose failure goes where no failure fits",
    `ctx.pipe(Promise.resolve("x"), "found", "tick");`,
    /'"tick"' is not assignable to parameter of type/,
  ],
  [
    "a behaviour named by a number",
    "ctx.become(1);",
    /'number' is not assignable to parameter of type 'string'/,
  ],
  [
    "a service taken for something else",
    "const clock: string = ctx.use(Clock);",
    /is not assignable to type 'string'/,
  ],
  [
    "a lookup taken for another protocol",
    `const found: Ref<Counter> = await ctx.lookup(Printer, "p");`,
    /Type 'Ref<Printer>' is not assignable to type 'Ref<Counter>'/,
  ],
  [
    "a message to the actor itself of the wrong type",
    `ctx.self.add("1");`,
    /'string' is not assignable to parameter of type 'number'/,
  ],
  ["what stays its own, sent from outside", "counter.tick(1);", /Property 'tick' does not exist/],
];

const right = `
counter.add(1);
counter.all();
counter.all(1, 2, 3);
counter.share(printer);
const n: number = await counter.value();
const done: Ack = await counter.$.with({ within: 5, signal: new AbortController().signal }).reset();
const spawned: Ref<Counter> = system.spawn(CounterActor, { start: n }, { name: "c" });
const plain: Ref<Printer> = ctx.spawn(PrinterActor, { mailbox: { capacity: 1, whenFull: "reject" } });
ctx.after(10, "tick", 1);
ctx.every({ ms: 10, key: "k" }, "add", 1);
ctx.after(10, "reset");
ctx.send("tick", 1);
ctx.pipe(Promise.resolve("x"), "found", "lost");
ctx.subscribe(Prices, "add");
ctx.subscribe(Prices, "tick");
ctx.subscribe(systemTopics["dead-letter"], "buried");
ctx.unsubscribe(Prices);
ctx.publish(Prices, 7);
ctx.via(plain).print(done);
const clock: { now(): number } = ctx.use(Clock);
ctx.watch(any);
spawned.add(clock.now());
`;

test("right messages compile, and each mistake is found with a message that names it", () => {
  const snippets = [right, ...mistakes.map(([, snippet]) => snippet)];
  const [ofRight, ...ofMistakes] = complaintsAbout(prelude, snippets);
  assert.deepEqual(ofRight, []);
  const unfound: string[] = [];
  for (const [index, [what, snippet, complaint]] of mistakes.entries()) {
    const said = ofMistakes[index] ?? [];
    if (said.some((text) => complaint.test(text))) continue;
    unfound.push(`${what}: ${snippet}\n  ${said.join("\n  ") || "it compiles"}`);
  }
  assert.deepEqual(unfound, []);
});
