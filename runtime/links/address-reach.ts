// Which addresses a node may bind and dial: without keys those that only processes of the same machine
// can reach, with keys any. Pure.

/** `machine`: this one only. */
export type Reach = "machine" | "network";

const loopbackTcp = /^tcp:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost):(\*|\d{1,5})$/;
const anyTcp = /^tcp:\/\/([\w.-]{1,253}|\*):(\*|\d{1,5})$/;
const withinMachine = /^(ipc|inproc):\/\/.+$/;

/** `tcp://127.0.0.1:7000`, `tcp://localhost:*`, `ipc:///run/troupe/a`, `inproc://a` */
export const isLoopbackAddress = (address: string): boolean =>
  loopbackTcp.test(address) || withinMachine.test(address);

export const isWithin = (reach: Reach, address: string): boolean =>
  isLoopbackAddress(address) || (reach === "network" && anyTcp.test(address));
