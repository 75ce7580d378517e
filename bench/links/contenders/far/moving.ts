// A node that an actor moves to, and a sender on it.
import { farDetail, farRole, sayAddress } from "../../far-process.ts";
import { startMovingNode } from "../../moving/moving-node.ts";

const [number = "", ...rest] = farDetail.split(" ");
const peers = rest.map((peer): readonly [string, string] => {
  const [name = "", address = ""] = peer.split("=");
  return [name, address];
});
const { address } = await startMovingNode(farRole, new Map(peers), [Number(number)]);
sayAddress(address);
