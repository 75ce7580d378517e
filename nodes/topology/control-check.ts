// What must hold of `control`: who may reach it, and that somebody answers. Pure.
import type { ControlDocument } from "#protocols/outside/topology-links.ts";
import { isLoopback, parseBind } from "./bind-address.ts";
import type { Problem } from "./problem.ts";

export function controlProblems(
  control: ControlDocument | undefined,
  { hasChannel }: { readonly hasChannel: boolean },
): readonly Problem[] {
  if (control === undefined) return [];
  const { bind, access = "machine", openTo } = control;
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
  } else if (!isNear && openTo === undefined) {
    const message = `${bind} is reachable from other machines, where keys travel unencrypted`;
    const remedy = "write tcp://127.0.0.1:PORT, or openTo: network on a network that you trust";
    problems.push(at("bind", message, remedy));
  }
  if (isNear && openTo !== undefined) {
    const message = `has no effect at ${bind}, which only this machine reaches`;
    problems.push({ path: ["control", "openTo"], at: "key", message, remedy: "remove it" });
  }
  if (!hasChannel) {
    const message = "no node has the actor control-channel";
    const remedy = "give a node the role control";
    problems.push({ path: ["control"], at: "key", message, remedy });
  }
  return problems;
}

const at = (key: string, message: string, remedy: string): Problem => ({
  path: ["control", key],
  at: "value",
  message,
  remedy,
});
