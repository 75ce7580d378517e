import assert from "node:assert/strict";
import { test } from "node:test";
import {
  inputsOfStep,
  lastSteps,
  readySteps,
  resultOfSteps,
  stepsOf,
} from "#actors/queue/steps/step-plan.ts";
import { Failure } from "#protocols/failure.ts";
import { stepsMax } from "#protocols/tasks/steps.ts";
import { textFile } from "../queue-bench.ts";

const step = (name: string, terms: object = {}) => ({ name, type: "t", model: "m", ...terms });
const read = (steps: unknown, inputs = [textFile("image", "x")]) =>
  stepsOf({ steps: typeof steps === "string" ? steps : JSON.stringify(steps) }, inputs);

const refusals: readonly (readonly [string, unknown, RegExp])[] = [
  ["no list", "{}", /\(?list|array/],
  ["no JSON", "[", /no JSON/],
  ["none at all", [], /fewer|items|does not fit/],
  ["too many", Array.from({ length: stepsMax + 1 }, (_, index) => step(`s${index}`)), /items|fit/],
  ["a name that stands twice", [step("a"), step("a")], /same name/],
  ["a step after none", [step("a", { after: ["b"] })], /"a" comes after "b", which is none/],
  [
    "a ring",
    [step("a", { after: ["b"] }), step("b", { after: ["a"] })],
    /a, b wait for one another/,
  ],
  ["a step after itself", [step("a", { after: ["a"] })], /a wait for one another/],
  ["a ring by files", [step("a", { inputs: [{ name: "x", from: "a" }] })], /one another/],
  ["an input that is none", [step("a", { inputs: [{ name: "mask" }] })], /takes "mask"/],
  ["a task of steps among them", [step("a", { type: "steps" })], /"a" is a task of steps.*nest/],
  ["a step in their queue", [step("a", { queue: "steps" })], /"a" is a task of steps.*nest/],
  ["a misspelt key", [step("a", { modle: "x" })], /additional|modle|fit/],
];
for (const [name, steps, text] of refusals) {
  test(`steps with ${name} are refused, with what is wrong`, () => {
    assert.throws(
      () => read(steps),
      (error) => {
        const { code, detail } = Failure.of(error);
        assert.equal(code, "invalid");
        assert.match(detail, text);
        return true;
      },
    );
  });
}

test("a task of steps without steps is told what it lacks", () => {
  assert.throws(() => stepsOf({}, []), /has the parameter steps/);
});

test("what rests on nothing is ready at once, the rest when all before it is done", () => {
  const steps = read([
    step("find", {}),
    step("fill", { inputs: [{ name: "image" }, { name: "mask", from: "find" }] }),
    step("count"),
    step("sum", { after: ["fill", "count"] }),
  ]);
  const ready = (begun: readonly string[], done: readonly string[]) =>
    readySteps(steps, { begun: new Set(begun), done: new Set(done) }).map(({ name }) => name);
  assert.deepEqual(ready([], []), ["find", "count"]);
  assert.deepEqual(ready(["find", "count"], ["count"]), []);
  assert.deepEqual(ready(["find", "count"], ["count", "find"]), ["fill"]);
  assert.deepEqual(ready(["find", "count", "fill"], ["count", "find", "fill"]), ["sum"]);
  assert.deepEqual(
    lastSteps(steps).map(({ name }) => name),
    ["sum"],
  );
});

test("a step gets the task's files, or those that it names, under the names that it gives them", () => {
  const own = [textFile("image", "picture")];
  const results = new Map([["find", { figures: {}, files: [textFile("boxes", "mask of find")] }]]);
  const [plain, named, missing] = read([
    step("find"),
    step("fill", { inputs: [{ name: "image" }, { name: "mask", from: "find", file: "boxes" }] }),
    step("miss", { inputs: [{ name: "mask", from: "find" }] }),
  ]);
  assert.ok(plain && named && missing);
  assert.deepEqual(inputsOfStep(plain, own, results), own);
  assert.deepEqual(
    inputsOfStep(named, own, results).map(({ name, bytes }) => [
      name,
      Buffer.from(bytes).toString(),
    ]),
    [
      ["image", "picture"],
      ["mask", "mask of find"],
    ],
  );
  assert.throws(() => inputsOfStep(missing, own, results), /takes "mask".*handed back: boxes/);
});

test("one last step hands its result on; of several the files bear their names", () => {
  const result = (name: string) => ({ figures: { ms: 1 }, files: [textFile("image", name)] });
  const results = new Map(["a", "b"].map((name) => [name, result(name)]));
  const tasks = new Map([
    ["a", "task-a"],
    ["b", "task-b"],
  ]);
  const steps = read([step("a"), step("b")]);
  assert.deepEqual(resultOfSteps(steps.slice(0, 1), results, tasks), result("a"));
  const both = resultOfSteps(steps, results, tasks);
  assert.deepEqual(
    both.files.map(({ name }) => name),
    ["a.image", "b.image"],
  );
  assert.deepEqual(both.figures, { "a.task": "task-a", "b.task": "task-b" });
});

test("of more files than a result can have, the figures tell who keeps them", () => {
  const names = Array.from({ length: 9 }, (_, index) => `s${index}`);
  const results = new Map(
    names.map((name) => [name, { figures: {}, files: [textFile("f", name)] }]),
  );
  const tasks = new Map(names.map((name) => [name, `task-${name}`]));
  const { files, figures } = resultOfSteps(read(names.map((name) => step(name))), results, tasks);
  assert.equal(files.length, 0);
  assert.equal(figures["s8.task"], "task-s8");
});

test("what is kept of a step before the last stands behind that one's result, under its name", () => {
  const result = (name: string) => ({
    figures: { size: name.length },
    files: [textFile("image", name)],
  });
  const results = new Map(["find", "fill"].map((name) => [name, result(name)]));
  const after = [{ name: "mask", from: "find", file: "image" }];
  const steps = read([step("find", { isKept: true }), step("fill", { inputs: after })]);
  const { files, figures } = resultOfSteps(steps, results, new Map());
  assert.deepEqual(figures, { size: 4, "find.size": 4 });
  assert.deepEqual(
    files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
    [
      ["image", "fill"],
      ["find.image", "find"],
    ],
  );
  const alone = read([step("find", { isKept: true })]);
  assert.deepEqual(resultOfSteps(alone, results, new Map()), result("find"));
});

test("where not all that is kept finds room, the figures tell who has the files", () => {
  const many = Array.from({ length: 8 }, (_, index) => textFile(`f${index}`, "x"));
  const results = new Map([
    ["a", { figures: {}, files: many }],
    ["b", { figures: { size: 1 }, files: [textFile("image", "y")] }],
  ]);
  const tasks = new Map(["a", "b"].map((name) => [name, `task-${name}`]));
  const steps = read([step("a", { isKept: true }), step("b", { after: ["a"] })]);
  const { files, figures } = resultOfSteps(steps, results, tasks);
  assert.equal(files.length, 0);
  assert.deepEqual(figures, { size: 1, "a.task": "task-a", "b.task": "task-b" });
});
