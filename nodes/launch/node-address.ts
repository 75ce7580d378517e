// Where a node can be reached: its own endpoint, and its machine's address in a tailnet.
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { NodeAddress } from "#protocols/tasks/node.ts";
import { parseBind } from "../topology/bind-address.ts";

type Interfaces = Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>;

/** `endpoint`: as it is bound, `tcp://127.0.0.1:7600`. */
export const nodeAddress = (endpoint: string): NodeAddress =>
  addressIn(endpoint, networkInterfaces());

/** An endpoint at all addresses, or at none of IPv4, is reached by the machine's first. Pure. */
export function addressIn(endpoint: string, interfaces: Interfaces): NodeAddress {
  const bound = parseBind(endpoint);
  const all = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos
      .filter(({ family }) => family === "IPv4")
      .map(({ address, internal }) => ({ name, address, internal })),
  );
  const outward = all.filter(({ internal, name }) => !internal && name !== tailscaleName);
  const isOne = bound !== undefined && bound.host !== "0.0.0.0";
  const tailnet =
    all.find(({ name }) => name === tailscaleName) ??
    all.find(({ address, internal }) => !internal && isOfTailnets(address));
  return {
    ip: isOne ? bound.host : (outward[0]?.address ?? null),
    tailscaleIp: tailnet?.address ?? null,
    port: bound?.port ?? null,
  };
}

const tailscaleName = "tailscale0";

/** 100.64.0.0/10, RFC 6598: which tailnets give their machines addresses of. */
function isOfTailnets(address: string): boolean {
  const [first, second = 0] = address.split(".").map(Number);
  return first === 100 && second >= 64 && second < 128;
}
