// The other node: an actor for what is small, one for what is large.
import { farDetail, farFolder, farRole, sayAddress } from "../../far-process.ts";
import { FarActor } from "../../troupe-far-actor.ts";
import { isSecurityVariant, startNode } from "../../troupe-node.ts";

if (!isSecurityVariant(farDetail)) throw new Error(`there is no security "${farDetail}"`);
const { address, system } = await startNode("far", farRole, {
  security: farDetail,
  keys: farFolder,
});
const actors = ["small", "large"].map((name) => system.spawn(FarActor, { name }));
await Promise.all(actors.map((actor) => system.started(actor)));
sayAddress(address);
