// Public face of the runtime: what one needs to write actors and to run them.
export { Actor } from "./core/actor.ts";
export type { ActorClass, MailboxSpec, SpawnOptions } from "./core/actor-class.ts";
export type { Context, TimerKey } from "./core/context.ts";
export { reply } from "./core/reply.ts";
export type { SupervisionSpec } from "./core/supervision.ts";
export { ActorSystem } from "./core/system.ts";
export { Supervisor, type TreeChild } from "./patterns/supervisor.ts";
export { startLocalSystem } from "./start-local-system.ts";
export { type NodeOptions, type StartedNode, startSystem } from "./start-system.ts";
