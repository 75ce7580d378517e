// Mistakes in `security`, and addresses that it does not allow.
import { changedSample, type Mistake, validSample } from "./topology-mistakes.ts";

export const securityMistakes: readonly Mistake[] = [
  {
    name: "a bind beyond loopback with plain links that are not open to the network",
    text: `${changedSample("tcp://127.0.0.1:7600", "tcp://10.0.0.1:7600")}security: { mode: plain }\n`,
    expect: [["8:11", "nodes[0].bind", /links have no keys/, /mode: curve.*openTo: network/]],
  },
  {
    name: "a bind that no other machine could dial",
    text: `${changedSample("tcp://127.0.0.1:7600", "tcp://0.0.0.0:7600")}security: { mode: plain, openTo: network }\n`,
    expect: [["8:11", "nodes[0].bind", /none that other nodes could dial/, /the other nodes/]],
  },
  {
    name: "curve without keys",
    text: `${validSample}security: { mode: curve }\n`,
    expect: [["15:11", "security", /curve needs keys/, /troupe keys make/]],
  },
  {
    name: "a folder of keys that is absent",
    text: `${validSample}security: { mode: curve, keys: absent }\n`,
    expect: [["15:32", "security.keys", /no folder .*absent/, /troupe keys make --dir .*absent/]],
  },
  {
    name: "keys of plain links",
    text: `${validSample}security: { mode: plain, keys: models }\n`,
    expect: [["15:26", "security.keys", /no effect with plain/, /mode: curve/]],
  },
  {
    name: "curve that is open to all",
    text: `${validSample}security: { mode: curve, keys: models, openTo: network }\n`,
    expect: [["15:40", "security.openTo", /no effect with curve/, /remove it/]],
  },
  {
    name: "a misspelt mode of security",
    text: `${validSample}security: { mode: crve, keys: models }\n`,
    expect: [["15:19", "security.mode", /did you mean curve\?/, /write curve/]],
  },
];
