// Two Troupe nodes in two processes, and what is done between them.

import { startFar } from "./far-process.ts";
import { keyFolder } from "./key-folder.ts";
import type { LinkRuntime } from "./link-runtime.ts";
import { NearActor } from "./troupe-near-actor.ts";
import { type SecurityVariant, startNode } from "./troupe-node.ts";

export async function startTroupe(security: SecurityVariant): Promise<LinkRuntime> {
  const keys = security === "plain" ? "" : keyFolder(["near", "far"]);
  const { address, system } = await startNode("near", undefined, { security, keys });
  await startFar("troupe", address, security, keys);
  const near = system.spawn(NearActor, { name: "near" });
  await system.started(near);
  return {
    stream: (count) => near.stream(count),
    converse: (order) => near.converse(order),
    besideBulk: (ms) => near.besideBulk(ms),
  };
}
