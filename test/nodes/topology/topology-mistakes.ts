// Topologies with one mistake each (the last with three), and what the loader is to say about them.

import assert from "node:assert/strict";
import { actorKinds } from "#protocols/outside/topology.ts";

const elsewhereToo: ReadonlySet<string> = new Set([
  "node-agent",
  "node-scaler",
  "http-gateway",
  "inference",
  "task-worker",
]);
const ofKind = (kind: string) =>
  ["11:5", "nodes[1]", new RegExp(`2 actors of kind ${kind}`), /exactly one node/] as const;

export const validSample = `cluster: test
store: { kind: sqlite, path: data/test.sqlite }
models:
  - { name: m, path: models/m }
gateway: { port: 8080, model: m }
nodes:
  - name: control
    bind: tcp://127.0.0.1:7600
    director: true
    roles: [control, gateway]
  - name: worker
    replicas: 2
    bind: tcp://127.0.0.1:*
    roles: [worker]
`;

/** The sample with one part of it replaced. */
export const changedSample = (from: string, to: string): string => {
  assert.ok(validSample.includes(from), `the sample must contain ${from}`);
  return validSample.replace(from, to);
};

export interface Mistake {
  readonly name: string;
  readonly text: string;
  /** line:column, key path, and words of the message and of the remedy. */
  readonly expect: readonly (readonly [string, string, RegExp, RegExp])[];
}

export const mistakes: readonly Mistake[] = [
  {
    name: "a mirror that is no Redis",
    text: `${validSample}state: { mirror: http://127.0.0.1 }\n`,
    expect: [["15:18", "state.mirror", /is no place of a Redis/, /redis:/]],
  },
  {
    name: "an empty file",
    text: "",
    expect: [["1:1", "(file)", /null, not a mapping/, /mapping/]],
  },
  {
    name: "a tab",
    text: "store:\n\tkind: sqlite\n",
    expect: [["2:1", "store", /[Tt]abs/, /spaces/]],
  },
  {
    name: "a store in Redis with a file",
    text: changedSample("kind: sqlite, path", "kind: redis, url: redis://x, path"),
    expect: [["2:39", "store.path", /redis has no path/, /remove it/]],
  },
  {
    name: "heartbeats at the port of the links",
    text: changedSample("director: true", "director: true\n    heartbeats: tcp://127.0.0.1:7600"),
    expect: [["10:17", "nodes[0].heartbeats", /taken by node control/, /another port/]],
  },
  {
    name: "heartbeats that others could hear, without keys",
    text: changedSample("director: true", "director: true\n    heartbeats: tcp://10.0.0.1:7601"),
    expect: [["10:17", "nodes[0].heartbeats", /no keys/, /mode: curve/]],
  },
  {
    name: "too few monitors",
    text: `${validSample}membership: { monitors: 2 }\n`,
    expect: [["15:25", "membership.monitors", /2/, /3/]],
  },
  {
    name: "a repeated key",
    text: `${validSample}cluster: again\n`,
    expect: [["15:1", "cluster", /unique/, /remove one/]],
  },
  {
    name: "an alias",
    text: changedSample("model: m }", "model: *m }"),
    expect: [["5:31", "gateway.model", /alias|\*m/, /write the value out/]],
  },
  {
    name: "a circular alias",
    text: changedSample("roles: [control, gateway]", "supervision: &a [*a]"),
    expect: [["10:22", "nodes[0].supervision[0]", /\*a/, /write the value out/]],
  },
  {
    name: "a tag",
    text: changedSample("cluster: test", "cluster: !me test"),
    expect: [["1:10", "cluster", /tag/, /remove the tag/]],
  },
  {
    name: "deep nesting",
    text: "[".repeat(20_000),
    expect: [["1", "", /./, /./]],
  },
  {
    name: "a misspelt key",
    text: changedSample("    bind: tcp://127.0.0.1:7600", "    biind: tcp://127.0.0.1:7600"),
    expect: [["8:5", "nodes[0].biind", /did you mean bind\?/, /write bind/]],
  },
  {
    name: "a misspelt role",
    text: changedSample("[worker]", "[wroker]"),
    expect: [["14:13", "nodes[1].roles[0]", /did you mean worker\?/, /write worker/]],
  },
  {
    name: "an unknown actor",
    text: changedSample(
      "roles: [worker]",
      "supervision: [{ supervisor: a, children: [{ actor: chess }] }]",
    ),
    expect: [["14:56", "nodes[1].supervision[0].children[0].actor", /"chess"/, /one of store/]],
  },
  {
    name: "a child that is neither actor nor supervisor",
    text: changedSample(
      "roles: [worker]",
      "supervision: [{ supervisor: a, children: [{ x: 1 }] }]",
    ),
    expect: [
      ["14:47", "nodes[1].supervision[0].children[0]", /none of actor/, /actor or supervisor/],
    ],
  },
  {
    name: "a missing key",
    text: changedSample("cluster: test\n", ""),
    expect: [["1:1", "(file)", /cluster is missing/, /add cluster/]],
  },
  {
    name: "a quoted number",
    text: changedSample("port: 8080", 'port: "8080"'),
    expect: [["5:18", "gateway.port", /not a whole number/, /8080 without quotes/]],
  },
  {
    name: "a number beyond its bounds",
    text: changedSample("port: 8080", "port: 70000"),
    expect: [["5:18", "gateway.port", /70000/, /from 1 to 65535/]],
  },
  {
    name: "yes for true",
    text: changedSample("director: true", "director: yes"),
    expect: [["9:15", "nodes[0].director", /"yes"/, /write true/]],
  },
  {
    name: "a name that is a number",
    text: changedSample("cluster: test", "cluster: 12"),
    expect: [["1:10", "cluster", /12, not a text/, /quotes: "12"/]],
  },
  {
    name: "a name with a blank",
    text: changedSample("name: control", "name: my control"),
    expect: [["7:11", "nodes[0].name", /my control/, /letters, digits/]],
  },
  {
    name: "an address that is none",
    text: changedSample("tcp://127.0.0.1:7600", "http://localhost:7600"),
    expect: [["8:11", "nodes[0].bind", /does not fit/, /tcp:\/\/ADDRESS:PORT/]],
  },
  {
    name: "no director",
    text: changedSample("    director: true\n", ""),
    expect: [["7:3", "nodes", /no node is the director/, /director: true/]],
  },
  {
    name: "two directors",
    text: changedSample("    replicas: 2\n", "    director: true\n").replace(":*", ":7601"),
    expect: [["12:15", "nodes[1].director", /control is the director already/, /exactly one/]],
  },
  {
    name: "a director without a fixed port",
    text: changedSample("127.0.0.1:7600", "127.0.0.1:*"),
    expect: [["8:11", "nodes[0].bind", /must know/, /fixed port/]],
  },
  {
    name: "a bind beyond loopback",
    text: changedSample("tcp://127.0.0.1:7600", "tcp://0.0.0.0:7600"),
    expect: [["8:11", "nodes[0].bind", /other machines/, /tcp:\/\/127.0.0.1:7600/]],
  },
  {
    name: "an octet of 300",
    text: changedSample("tcp://127.0.0.1:7600", "tcp://127.0.0.300:7600"),
    expect: [["8:11", "nodes[0].bind", /no address/, /255/]],
  },
  {
    name: "replicas on one port",
    text: changedSample("tcp://127.0.0.1:*", "tcp://127.0.0.1:7601"),
    expect: [["13:11", "nodes[1].bind", /2 replicas cannot share/, /127.0.0.1:\*/]],
  },
  {
    name: "a port that the gateway has",
    text: changedSample("port: 8080", "port: 7600"),
    expect: [["8:11", "nodes[0].bind", /taken by the gateway/, /another port/]],
  },
  {
    name: "a replica's name that another node has",
    text: changedSample("name: control", "name: worker-2"),
    expect: [["11:11", "nodes[1].name", /worker-2 is taken by nodes\[0\]/, /another name/]],
  },
  {
    name: "an unknown model of the gateway",
    text: changedSample("model: m }", "model: big }"),
    expect: [["5:31", "gateway.model", /no model big/, /one of m/]],
  },
  {
    name: "a model's folder that is absent",
    text: changedSample("path: models/m", "path: models/absent"),
    expect: [["4:22", "models[0].path", /no folder .*absent/, /relative to this file/]],
  },
  {
    name: "a built-in model that is unknown",
    text: changedSample("name: m, path: models/m", "name: m, path: builtin"),
    expect: [["4:13", "models[0].name", /no built-in model m/, /folder/]],
  },
  {
    name: "two models of one name",
    text: changedSample(
      "  - { name: m, path: models/m }\n",
      "  - { name: m, path: models/m }\n".repeat(2),
    ),
    expect: [["5:13", "models[1].name", /earlier model/, /rename/]],
  },
  {
    name: "no worker",
    text: validSample.slice(0, validSample.indexOf("  - name: worker")),
    expect: [["7:3", "nodes", /no node has a worker/, /worker/]],
  },
  {
    name: "a gateway without its actor",
    text: changedSample("[control, gateway]", "[control]"),
    expect: [["5:1", "gateway", /no node has the actor http-gateway/, /role gateway/]],
  },
  {
    name: "a gateway's actor without its section",
    text: changedSample("gateway: { port: 8080, model: m }\n", ""),
    expect: [["6:5", "nodes[0]", /the file has no gateway/, /add gateway/]],
  },
  {
    name: "a second control node",
    text: changedSample("    replicas: 2\n", "").replace("[worker]", "[worker, control]"),
    expect: actorKinds.filter((kind) => !elsewhereToo.has(kind)).map(ofKind),
  },
  {
    name: "neither roles nor supervision",
    text: changedSample("    roles: [worker]\n", ""),
    expect: [["11:5", "nodes[1]", /neither roles nor supervision/, /roles: \[worker\]/]],
  },
  {
    name: "a name taken by a sibling",
    text: changedSample(
      "roles: [worker]",
      "supervision: [{ supervisor: a, children: [{ actor: node-agent }, { actor: inference }, { actor: inference }] }]",
    ),
    expect: [
      ["14:101", "nodes[1].supervision[0].children[2].actor", /inference is taken/, /name:/],
      ["14:101", "nodes[1].supervision[0].children[2].actor", /has a worker already/, /its own/],
    ],
  },
  {
    name: "settings of an actor that takes none",
    text: changedSample(
      "roles: [worker]",
      "supervision: [{ supervisor: a, children: [{ actor: node-agent, settings: { slots: 1 } }, { actor: inference }] }]",
    ),
    expect: [
      ["14:68", "nodes[1].supervision[0].children[0].settings", /takes no settings/, /remove/],
    ],
  },
  {
    name: "a backoff upside down",
    text: `${validSample}launcher: { backoff: { delayMsMin: 20, delayMsMax: 10 } }\n`,
    expect: [["15:36", "launcher.backoff.delayMsMin", /more than delayMsMax/, /at most 10/]],
  },
  {
    name: "three mistakes",
    text: changedSample("cluster: test", "clutser: test")
      .replace("port: 8080", "port: 0")
      .replace("[worker]", "[]"),
    expect: [
      ["1:1", "clutser", /did you mean cluster/, /write cluster/],
      ["5:18", "gateway.port", /is 0/, /from 1/],
      ["14:12", "nodes[1].roles", /empty list/, /at least 1/],
    ],
  },
];
