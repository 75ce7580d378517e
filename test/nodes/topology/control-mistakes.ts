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
    name: "a control port that the gateway has",
    text: withControl("{ bind: tcp://127.0.0.1:8080 }"),
    expect: [["15:18", "control.bind", /taken by the gateway/, /another port/]],
  },
];
