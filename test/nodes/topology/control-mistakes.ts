// Mistakes in `control`: who may reach the control channel, and where.
import { type Mistake, validSample } from "./topology-mistakes.ts";

const withControl = (control: string): string => `${validSample}control: ${control}\n`;

export const controlMistakes: readonly Mistake[] = [
  {
    name: "a control address that is none",
    text: withControl("{ bind: 7650 }"),
    expect: [["15:18", "control.bind", /7650/, /tcp:\/\/ADDRESS:PORT|quotes/]],
  },
  {
    name: "a control address beyond what an address can hold",
    text: withControl("{ bind: tcp://127.0.0.300:7650 }"),
    expect: [["15:18", "control.bind", /is no address/, /up to 255/]],
  },
  {
    name: "a control channel for other machines without keys",
    text: withControl("{ bind: tcp://10.0.0.1:7650 }"),
    expect: [["15:18", "control.bind", /no keys are asked for/, /access: keys/]],
  },
  {
    name: "a control channel for other machines that is not open to them",
    text: withControl("{ bind: tcp://10.0.0.1:7650, access: keys }"),
    expect: [["15:18", "control.bind", /keys travel unencrypted/, /openTo: network/]],
  },
  {
    name: "a control channel of this machine that is open to others",
    text: withControl("{ bind: tcp://127.0.0.1:7650, openTo: network }"),
    expect: [["15:40", "control.openTo", /only this machine reaches/, /remove it/]],
  },
  {
    name: "a control channel with keys for connections that is open to all",
    text: withControl(
      "{ bind: tcp://10.0.0.1:7650, access: keys, openTo: network, security: { mode: curve, keys: k } }",
    ),
    expect: [["15:53", "control.openTo", /no effect with curve/, /remove it/]],
  },
  {
    name: "a control channel whose clients would be nodes",
    text: `${withControl("{ bind: tcp://127.0.0.1:7650, security: { mode: curve, keys: ./keys } }")}security: { mode: curve, keys: keys }\n`,
    expect: [
      ["15:71", "control.security.keys", /may be a node/, /control-keys/],
      ["16:32", "security.keys", /there is no folder/, /troupe keys make/],
    ],
  },
  {
    name: "a control channel with keys for connections and no word of what each may do",
    text: withControl("{ bind: tcp://10.0.0.1:7650, security: { mode: curve, keys: k } }"),
    expect: [["15:18", "control.bind", /no keys are asked for/, /access: keys/]],
  },
  {
    name: "a control port that the gateway has",
    text: withControl("{ bind: tcp://127.0.0.1:8080 }"),
    expect: [["15:18", "control.bind", /taken by the gateway/, /another port/]],
  },
];
