// Mistakes in `queues`, and in the settings that say which of them a worker serves.
import { changedSample, type Mistake, validSample } from "./topology-mistakes.ts";

const withQueues = (...queues: readonly string[]): string =>
  `${validSample}queues:\n${queues.map((queue) => `  - { ${queue} }\n`).join("")}`;

export const queueMistakes: readonly Mistake[] = [
  {
    name: "a queue of a class that is none",
    text: withQueues("name: a, class: huge"),
    expect: [["16:23", "queues[0].class", /"huge"/, /one of gpu, cpu-heavy, cpu-light/]],
  },
  {
    name: "two queues of one name",
    text: withQueues("name: a, class: gpu", "name: a, class: gpu"),
    expect: [["17:13", "queues[1].name", /earlier queue/, /rename/]],
  },
  {
    name: "a queue with the name of the one for steps",
    text: withQueues("name: steps, class: gpu"),
    expect: [["16:13", "queues[0].name", /made of steps/, /rename/]],
  },
  {
    name: "a queue for a model that is none",
    text: withQueues("name: a, class: gpu, models: [m, lama]"),
    expect: [["16:40", "queues[0].models[1]", /no model lama/, /one of m/]],
  },
  {
    name: "a demand of a model that is none",
    text: `${validSample}demands:\n  - { models: [lama], classes: [gpu] }\n`,
    expect: [["16:16", "demands[0].models[0]", /no model lama/, /one of m/]],
  },
  {
    name: "a demand for a class that is none",
    text: `${validSample}demands:\n  - { models: [m], classes: [huge] }\n`,
    expect: [["16:30", "demands[0].classes[0]", /"huge"/, /one of gpu/]],
  },
  {
    name: "a queue that nobody serves",
    text: `${changedSample("roles: [worker]", "roles: [worker]\n    settings: { classes: [cpu-light] }")}queues:\n  - { name: a, class: gpu }\n`,
    expect: [["17:23", "queues[0].class", /no worker serves the queue a/, /classes/]],
  },
  {
    name: "a user that may have more than the queue",
    text: withQueues("name: a, class: gpu, pendingMax: 5, perUserMax: 6"),
    expect: [["16:55", "queues[0].perUserMax", /6 tasks, the whole queue 5/, /at most 5/]],
  },
  {
    name: "a retry whose ceiling is below its floor",
    text: withQueues(
      "name: a, class: gpu, retry: { baseMs: 9, factor: 2, capMs: 8, jitter: none }",
    ),
    expect: [
      ["16:66", "queues[0].retry.capMs", /8 ms is below the first delay, 9 ms/, /at least 9/],
    ],
  },
  {
    name: "retries of a class that is none",
    text: withQueues(
      "name: a, class: gpu, retry: { baseMs: 1, factor: 2, capMs: 8, jitter: none, classes: { weather: 1 } }",
    ),
    expect: [["16:94", "queues[0].retry.classes.weather", /unknown key/, /network/]],
  },
  {
    name: "retries of what somebody gave up",
    text: withQueues(
      "name: a, class: gpu, retry: { baseMs: 1, factor: 2, capMs: 8, jitter: none, classes: { cancelled: 3 } }",
    ),
    expect: [["16:105", "queues[0].retry.classes.cancelled", /never tried again/, /remove/]],
  },
  {
    name: "a demand whose size decides nothing",
    text: withQueues("name: a, class: gpu").concat(
      "demands:\n  - { classes: [gpu], heavyPixelsMin: 9 }\n",
    ),
    expect: [["18:39", "demands[0].heavyPixelsMin", /no effect beside classes/, /remove/]],
  },
  {
    name: "a demand of something that no machine has",
    text: withQueues("name: a, class: gpu, machine: { memoryByte: 5 }"),
    expect: [["16:39", "queues[0].machine.memoryByte", /memoryByte/, /memoryBytes/]],
  },
  {
    name: "a rate of nothing for each user",
    text: withQueues("name: a, class: gpu, userRate: { perSecond: 0 }"),
    expect: [["16:51", "queues[0].userRate.perSecond", /is 0/, /from 0.001/]],
  },
  {
    name: "a rate of nothing",
    text: withQueues("name: a, class: gpu, rate: { perSecond: 0 }"),
    expect: [["16:47", "queues[0].rate.perSecond", /is 0/, /from 0.001/]],
  },
];
