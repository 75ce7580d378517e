// Mistakes in the `scaling` of nodes.
import { changedSample, type Mistake } from "./topology-mistakes.ts";

const scaled = (scaling: string, more = ""): string =>
  changedSample("    replicas: 2\n", `    scaling: { ${scaling} }\n${more}`);

export const scalingMistakes: readonly Mistake[] = [
  {
    name: "a node that has replicas and is scaled",
    text: scaled("max: 3", "    replicas: 2\n"),
    expect: [["12:5", "nodes[1].scaling", /replicas and scaling at once/, /keep one/]],
  },
  {
    name: "a director that is scaled",
    text: changedSample("    director: true\n", "    director: true\n    scaling: { max: 1 }\n"),
    expect: [
      ["10:5", "nodes[0].scaling", /the director is there once/, /scale the workers/],
      ["10:5", "nodes[0].scaling", /no worker/, /add a worker/],
    ],
  },
  {
    name: "a gateway that is scaled with its worker",
    text: scaled("max: 1")
      .replace("roles: [worker]", "roles: [worker, gateway]")
      .replace("roles: [control, gateway]", "roles: [control]"),
    expect: [["12:5", "nodes[1].scaling", /the actor http-gateway/, /a node of its own/]],
  },
  {
    name: "more nodes at least than at most",
    text: scaled("min: 4, max: 3"),
    expect: [["12:21", "nodes[1].scaling.min", /4, is more than the most, 3/, /at most 3/]],
  },
  {
    name: "scaled nodes that share a port",
    text: scaled("max: 3").replace("tcp://127.0.0.1:*", "tcp://127.0.0.1:7601"),
    expect: [["13:11", "nodes[1].bind", /3 nodes cannot share port 7601/, /tcp:\/\/127.0.0.1:\*/]],
  },
  {
    name: "scaling without a most",
    text: scaled("min: 1"),
    expect: [["12:14", "nodes[1].scaling", /max/, /max/]],
  },
];
