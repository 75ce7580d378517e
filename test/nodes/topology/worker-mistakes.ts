// Mistakes with workers of one's own, and with the profile that says how soon one is given up.
import { fileURLToPath } from "node:url";
import { changedSample, type Mistake, validSample } from "./topology-mistakes.ts";

const ownModule = fileURLToPath(import.meta.url);

/** The sample with a node that runs one more worker. */
const ownWorker = (actor: string): string => `${validSample}  - name: own
    bind: tcp://127.0.0.1:*
    supervision:
      - supervisor: own
        children:
          - { actor: node-agent }
          - { actor: ${actor} }
`;

export const workerMistakes: readonly Mistake[] = [
  {
    name: "a task-worker without its module",
    text: ownWorker("task-worker, arguments: { pace: 1 }"),
    expect: [["21:13", "nodes[2].supervision[0].children[1]", /needs the module/, /my-worker/]],
  },
  {
    name: "a task-worker whose module is no file",
    text: ownWorker("task-worker, module: ./absent.ts"),
    expect: [
      ["21:43", "nodes[2].supervision[0].children[1].module", /no file .*absent.ts/, /relative/],
    ],
  },
  {
    name: "an argument that is a list",
    text: ownWorker("task-worker, module: ./absent.ts, arguments: { pace: [1] }"),
    expect: [
      ["21:75", "nodes[2].supervision[0].children[1].arguments.pace", /not a text/, /a number/],
    ],
  },
  {
    name: "arguments that its base would refuse, or not heed",
    text: ownWorker(
      `task-worker, module: ${ownModule}, arguments: { graceMs: -5, batchMax: 33, slots: 4, pace: -1 }`,
    ),
    expect: [
      [
        `21:${67 + ownModule.length}`,
        "nodes[2].supervision[0].children[1].arguments.graceMs",
        /is -5/,
        /milliseconds above 0/,
      ],
      [
        `21:${81 + ownModule.length}`,
        "nodes[2].supervision[0].children[1].arguments.batchMax",
        /is 33/,
        /from 1 to 32/,
      ],
      [
        `21:${85 + ownModule.length}`,
        "nodes[2].supervision[0].children[1].arguments.slots",
        /no argument/,
        /settings: { slots/,
      ],
    ],
  },
  {
    name: "heartbeats that a session does not outlast",
    text: `${validSample}membership: { heartbeatMs: 20000, sessionMs: 5000 }\n`,
    expect: [["15:28", "membership.heartbeatMs", /at least 3 heartbeats/, /1666, or .* 60000/]],
  },
  {
    name: "arguments of what takes none",
    text: ownWorker("inference, arguments: { pace: 1 }"),
    expect: [
      [
        "21:33",
        "nodes[2].supervision[0].children[1].arguments",
        /takes no arguments/,
        /task-worker/,
      ],
    ],
  },
  {
    name: "a thread for what gets none",
    text: ownWorker("inference, thread: {}"),
    expect: [
      ["21:33", "nodes[2].supervision[0].children[1].thread", /takes no thread/, /task-worker/],
    ],
  },
  {
    name: "a thread with a bound that is none",
    text: ownWorker("task-worker, module: ./absent.ts, thread: { blockedMsMax: 5 }"),
    expect: [
      ["21:80", "nodes[2].supervision[0].children[1].thread.blockedMsMax", /is 5/, /from 10/],
    ],
  },
  {
    name: "models of what loads those of the cluster",
    text: ownWorker("inference, models: [nap]"),
    expect: [
      ["21:33", "nodes[2].supervision[0].children[1].models", /takes no models/, /task-worker/],
    ],
  },
  {
    name: "a queue for a model that its worker does not serve",
    text: `${ownWorker(`task-worker, module: ${ownModule}, models: [nap]`)}queues:
  - { name: a, class: gpu, models: [nap, m, npa] }
`,
    expect: [["23:45", "queues[0].models[2]", /no model npa/, /one of m, nap, .*task-worker/]],
  },
  {
    name: "two workers on one node",
    text: ownWorker("inference }\n          - { actor: inference, name: other"),
    expect: [
      [
        "22:22",
        "nodes[2].supervision[0].children[2].actor",
        /node own has a worker already, inference/,
        /a node of its own/,
      ],
    ],
  },
  {
    name: "an unknown profile",
    text: changedSample("cluster: test\n", "cluster: test\nprofile: quick\n"),
    expect: [["2:10", "profile", /not known/, /one of default, fast/]],
  },
];
