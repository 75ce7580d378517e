// What must hold of `control`: who may reach it, and that somebody answers. Pure.
import path from "node:path";
import type { Problem } from "#protocols/outside/problem.ts";
import type { ControlDocument } from "#protocols/outside/topology-links.ts";
import { isLoopback, parseBind } from "./bind-address.ts";

export interface ControlSurroundings {
  readonly hasChannel: boolean;
  /** The folder of the nodes' own keys. */
  readonly linkKeys: string | undefined;
}

export function controlProblems(
  control: ControlDocument | undefined,
  { hasChannel, linkKeys }: ControlSurroundings,
): readonly Problem[] {
  if (control === undefined) return [];
  const { bind, access = "machine", openTo, security } = control;
  const address = parseBind(bind);
  if (address === undefined) {
    const remedy = "write four numbers up to 255 and a port up to 65535";
    return [at("bind", `${bind} is no address`, remedy)];
  }
  const isNear = isLoopback(address.host);
  const problems: Problem[] = [];
  if (!isNear && access !== "keys") {
    const message = `${bind} is reachable from other machines, and no keys are asked for`;
    const remedy = `write tcp://127.0.0.1:${address.port ?? "*"}, or access: keys and openTo: network`;
    problems.push(at("bind", message, remedy));
  } else if (!isNear && openTo === undefined && security === undefined) {
    const message = `${bind} is reachable from other machines, where keys travel unencrypted`;
    const remedy =
      "write security: { mode: curve, keys: control-keys }, or tcp://127.0.0.1:PORT; " +
      "or openTo: network on a network that you trust";
    problems.push(at("bind", message, remedy));
  }
  if (openTo !== undefined && (isNear || security !== undefined)) {
    const message = isNear
      ? `has no effect at ${bind}, which only this machine reaches`
      : "has no effect with curve, which lets only listed keys in";
    problems.push({ path: ["control", "openTo"], at: "key", message, remedy: "remove it" });
  }
  if (security !== undefined && isSameFolder(security.keys, linkKeys)) {
    const message = `${security.keys} holds the keys of the nodes: who is listed there may be a node`;
    const remedy = "name another folder, such as control-keys";
    problems.push({ path: ["control", "security", "keys"], at: "value", message, remedy });
  }
  if (!hasChannel) {
    const message = "no node has the actor control-channel";
    const remedy = "give a node the role control";
    problems.push({ path: ["control"], at: "key", message, remedy });
  }
  return problems;
}

const isSameFolder = (one: string, other: string | undefined): boolean =>
  other !== undefined && path.resolve("/", one) === path.resolve("/", other);

const at = (key: string, message: string, remedy: string): Problem => ({
  path: ["control", key],
  at: "value",
  message,
  remedy,
});
