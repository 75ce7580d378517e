// Which addresses a node may bind and dial: without keys those that only processes of the same machine
// can reach, with keys any. Pure.

import { type NodeId, namePattern } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";

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

/** Fails with `invalid` and says what would do. */
export function checkAddresses(of: {
  readonly node: NodeId;
  readonly bind: string;
  readonly advertise?: string;
  readonly peers: ReadonlyMap<string, string>;
  readonly reach?: Reach;
}): void {
  const { node, bind, advertise, peers, reach = "machine" } = of;
  checkReach(`the address of ${node.name}`, bind, reach);
  if (advertise !== undefined) checkReach("the advertised address", advertise, reach);
  for (const [name, address] of peers) {
    if (!namePattern.test(name)) throw new Failure("invalid", `${name} is no valid node name`);
    checkReach(`the address of ${name}`, address, reach);
  }
}

function checkReach(what: string, address: string, reach: Reach): void {
  if (isWithin(reach, address)) return;
  const text =
    reach === "machine"
      ? "which others may reach or nobody: without keys use tcp://127.0.0.1:<port> or ipc:///<path>"
      : "which is no address of a node: use tcp://<host>:<port> or ipc:///<path>";
  throw new Failure("invalid", `${what} is ${address}, ${text}`);
}
