// Keys for nodes that are measured, in a folder that ends with the process.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyFile, keyFile, makeKeyPair } from "#runtime/links/curve-keys.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import { registryFile, saveRegistry } from "#runtime/links/key-registry-file.ts";

/** A pair for each node, and a registry that lists them. */
export function keyFolder(nodes: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "bench-keys-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  let registry = KeyRegistry.empty;
  for (const node of nodes) {
    const pair = makeKeyPair();
    createKeyFile(keyFile(folder, node), { node, pair });
    registry = registry.withKey({ node, key: pair.publicKey });
  }
  saveRegistry(registryFile(folder), registry, "new");
  return folder;
}
