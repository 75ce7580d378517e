// What must hold of `security`, and which addresses it lets nodes listen at. Pure.

import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { SecurityDocument } from "#protocols/outside/topology-links.ts";
import { type BindAddress, isLoopback } from "./bind-address.ts";

export function securityProblems(security: SecurityDocument | undefined): readonly Problem[] {
  if (security === undefined) return [];
  const { mode, keys, openTo } = security;
  if (mode === "curve") {
    const missing =
      keys === undefined
        ? [
            atValue(
              [],
              "curve needs keys",
              "add keys, for example keys: keys, and make them: troupe keys make",
            ),
          ]
        : [];
    const useless =
      openTo === undefined
        ? []
        : [
            atKey(
              "openTo",
              "has no effect with curve, which lets only listed keys in",
              "remove it",
            ),
          ];
    return [...missing, ...useless];
  }
  if (keys === undefined) return [];
  return [atKey("keys", "has no effect with plain", "write mode: curve, or remove keys")];
}

/** Undefined when a node may listen there. */
export function reachProblem(
  security: SecurityDocument | undefined,
  { host, port }: BindAddress,
  path: KeyPath,
): Problem | undefined {
  if (isLoopback(host)) return undefined;
  const address = `tcp://${host}:${port ?? "*"}`;
  if (security?.mode !== "curve" && security?.openTo === undefined) {
    return {
      path,
      at: "value",
      message: `${address} is reachable from other machines, and links have no keys`,
      remedy:
        `write tcp://127.0.0.1:${port ?? "*"}, or security: { mode: curve, keys: keys } at the top; ` +
        "on a network that you trust wholly: security: { mode: plain, openTo: network }",
    };
  }
  if (host !== "0.0.0.0") return undefined;
  return {
    path,
    at: "value",
    message: "0.0.0.0 is every address of its machine, and none that other nodes could dial",
    remedy: "write the address by which the other nodes reach it",
  };
}

const atValue = (path: KeyPath, message: string, remedy: string): Problem => ({
  path: ["security", ...path],
  at: "value",
  message,
  remedy,
});

const atKey = (key: string, message: string, remedy: string): Problem => ({
  path: ["security", key],
  at: "key",
  message,
  remedy,
});
