// The worker's node of Troupe's contenders.
import { farRole, sayAddress } from "../../../links/far-process.ts";
import { RunnerActor } from "../../runner-actor.ts";
import { startNode } from "../../troupe-queue.ts";

const { address, system } = await startNode("runner", farRole);
await system.started(system.spawn(RunnerActor, { name: "runner" }));
sayAddress(address);
