// What `troupe keys` does with a folder of keys: one file a node that has its secret here, and the
// registry of all public keys. Each step checks everything first and then writes; a step that fails
// leaves the folder as it was.
//
//   keys/registry            public: which keys speak for which node
//   keys/worker-1.json       secret: the pair that worker-1 uses from its next start on
//   keys/worker-1.json.next  secret: the pair that will follow, while worker-1 changes its key

import { closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { namePattern } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { makeFolders } from "#runtime/host/make-folders.ts";
import {
  createKeyFile,
  isPublicKey,
  keyFile,
  loadKeyFile,
  makeKeyPair,
  nextKeyFile,
} from "#runtime/links/curve-keys.ts";
import { KeyRegistry, type NodeKey } from "#runtime/links/key-registry.ts";
import { loadRegistry, registryFile, saveRegistry } from "#runtime/links/key-registry-file.ts";

export interface KeyChange {
  readonly node: string;
  /** The key that was made, added, put to use or removed; all of a node that was removed. */
  readonly keys: readonly string[];
  /** The secret's file, when the step has to do with one. */
  readonly file?: string;
  /** Of the registry as it is now. */
  readonly fingerprint: string;
}

export interface ListedKeys {
  readonly registry: string;
  readonly fingerprint: string;
  readonly nodes: readonly ListedNode[];
}

export interface ListedNode {
  readonly name: string;
  readonly keys: readonly string[];
  readonly roles: readonly string[];
  /** `here`: its secret is in the folder, and the registry lists it. */
  readonly secret: "here" | "elsewhere" | "not listed" | "unusable";
  /** Why the secret is unusable, or which key would have to be listed. */
  readonly problem?: string;
}

export class KeyFolder {
  readonly #folder: string;
  readonly #registryFile: string;

  constructor(folder: string) {
    this.#folder = path.resolve(folder);
    this.#registryFile = registryFile(this.#folder);
  }

  /** A first pair for a node, into a file of its own and into the registry. */
  make(node: string, roles: readonly string[]): KeyChange {
    return this.#alone(() => {
      checkName(node);
      const { registry, former } = this.#registryOrNew();
      if (registry.node(node) !== undefined) {
        const remedy = `change it with ${this.#command("rotate", node)}`;
        throw new Failure("conflict", `${node} has a key in the registry already: ${remedy}`);
      }
      const pair = makeKeyPair();
      const next = registry.withKey({ node, key: pair.publicKey, roles });
      const file = keyFile(this.#folder, node);
      createKeyFile(file, { node, pair });
      this.#saveOrRemove({ next, former, file });
      return { node, keys: [pair.publicKey], file, fingerprint: next.fingerprint };
    });
  }

  /** Lists the public key of a pair that was made elsewhere. */
  add({ node, key }: NodeKey, roles: readonly string[] | undefined): KeyChange {
    return this.#alone(() => {
      checkName(node);
      if (!isPublicKey(key)) {
        throw new Failure(
          "invalid",
          `${JSON.stringify(key)} is no public CURVE key: copy the 40 characters that troupe keys ` +
            "make or list shows, and put them in single quotes",
        );
      }
      const { registry, former } = this.#registryOrNew();
      const next = registry.withKey({ node, key, ...(roles === undefined ? {} : { roles }) });
      saveRegistry(this.#registryFile, next, former);
      return { node, keys: [key], fingerprint: next.fingerprint };
    });
  }

  /** Takes one key of a node, or all, out of the registry. Secrets stay where they are. */
  remove(node: string, key: string | undefined): KeyChange {
    return this.#alone(() => {
      const registry = loadRegistry(this.#registryFile);
      const listed = this.#listed(registry, node);
      if (key !== undefined && !listed.includes(key)) {
        const known = listed.join(" and ");
        throw new Failure(
          "not_found",
          `${node} has no key ${JSON.stringify(key)}, it has ${known}`,
        );
      }
      const next =
        key === undefined ? registry.withoutNode(node) : registry.withoutKey({ node, key });
      saveRegistry(this.#registryFile, next, "present");
      const file = keyFile(this.#folder, node);
      const keys = key === undefined ? listed : [key];
      const isUseless = next.node(node) === undefined && existsSync(file);
      return { node, keys, ...(isUseless ? { file } : {}), fingerprint: next.fingerprint };
    });
  }

  /** Makes the pair that is to follow and lists it, so that all know it before it is used. */
  beginRotation(node: string): KeyChange {
    return this.#alone(() => {
      const registry = loadRegistry(this.#registryFile);
      this.#listed(registry, node);
      loadKeyFile(keyFile(this.#folder, node), node);
      const file = nextKeyFile(this.#folder, node);
      if (existsSync(file)) {
        const remedy = `once all registries list it, ${this.#command("rotate", node)} --finish`;
        throw new Failure("conflict", `${file} waits to be put to use: ${remedy}`);
      }
      const pair = makeKeyPair();
      const next = registry.withKey({ node, key: pair.publicKey });
      createKeyFile(file, { node, pair });
      this.#saveOrRemove({ next, former: "present", file });
      return { node, keys: [pair.publicKey], file, fingerprint: next.fingerprint };
    });
  }

  /** The node uses the following pair from its next start on; the former key stays listed. */
  finishRotation(node: string): KeyChange {
    return this.#alone(() => {
      const registry = loadRegistry(this.#registryFile);
      const next = nextKeyFile(this.#folder, node);
      if (!existsSync(next)) {
        const remedy = `begin with ${this.#command("rotate", node)}`;
        throw new Failure(
          "not_found",
          `${node} does not change its key, as there is no ${next}: ${remedy}`,
        );
      }
      const { publicKey } = loadKeyFile(next, node);
      if (!this.#listed(registry, node).includes(publicKey)) {
        const remedy = `${this.#command("add", node)} --key '${publicKey}'`;
        throw new Failure("conflict", `the registry does not list the key of ${next}: ${remedy}`);
      }
      const file = keyFile(this.#folder, node);
      renameSync(next, file);
      return { node, keys: [publicKey], file, fingerprint: registry.fingerprint };
    });
  }

  list(): ListedKeys {
    const registry = loadRegistry(this.#registryFile);
    return {
      registry: this.#registryFile,
      fingerprint: registry.fingerprint,
      nodes: registry.nodes.map((node) => ({ ...node, ...this.#secretOf(node.name, node.keys) })),
    };
  }

  /** The keys of a node beside the one that its next start uses. */
  otherKeys(node: string): readonly string[] {
    const { publicKey } = loadKeyFile(keyFile(this.#folder, node), node);
    const { keys = [] } = loadRegistry(this.#registryFile).node(node) ?? {};
    return keys.filter((key) => key !== publicKey);
  }

  #command(verb: string, node: string): string {
    return `troupe keys ${verb} --dir ${this.#folder} --node ${node}`;
  }

  #secretOf(node: string, keys: readonly string[]): Pick<ListedNode, "secret" | "problem"> {
    const file = keyFile(this.#folder, node);
    if (!existsSync(file)) return { secret: "elsewhere" };
    try {
      const { publicKey } = loadKeyFile(file, node);
      if (keys.includes(publicKey)) return { secret: "here" };
      return { secret: "not listed", problem: `the key of ${file} is ${publicKey}` };
    } catch (cause) {
      return { secret: "unusable", problem: Failure.of(cause).detail };
    }
  }

  #listed(registry: KeyRegistry, node: string): readonly string[] {
    const keys = registry.keysOf(node);
    if (keys.length > 0) return keys;
    const names = registry.nodes.map(({ name }) => name).join(", ") || "no nodes";
    const detail = `${this.#registryFile} has no ${JSON.stringify(node)}, it has ${names}`;
    throw new Failure("not_found", detail);
  }

  #registryOrNew(): { readonly registry: KeyRegistry; readonly former: "new" | "present" } {
    if (!existsSync(this.#registryFile)) return { registry: KeyRegistry.empty, former: "new" };
    return { registry: loadRegistry(this.#registryFile), former: "present" };
  }

  /** A secret that nobody lists would only be in the way of the next attempt. */
  #saveOrRemove(save: {
    readonly next: KeyRegistry;
    readonly former: "new" | "present";
    readonly file: string;
  }): void {
    try {
      saveRegistry(this.#registryFile, save.next, save.former);
    } catch (cause) {
      rmSync(save.file);
      throw cause;
    }
  }

  /** One step at a time in a folder: what one reads, no other changes before it has written. */
  #alone<T>(step: () => T): T {
    const lock = path.join(this.#folder, "registry.lock");
    takeLock(lock);
    try {
      return step();
    } finally {
      rmSync(lock);
    }
  }
}

function takeLock(lock: string): void {
  try {
    makeFolders(path.dirname(lock), 0o700);
    closeSync(openSync(lock, "wx", 0o600));
  } catch (cause) {
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    const detail = isTaken
      ? `another troupe keys is at work in the folder, or one was killed: remove ${lock} if none is`
      : `${path.dirname(lock)} cannot be written: ${cause instanceof Error ? cause.message : cause}`;
    throw new Failure("unavailable", detail, cause);
  }
}

function checkName(node: string): void {
  if (namePattern.test(node)) return;
  const remedy = "use 1 to 64 letters, digits, dots, underscores or hyphens";
  throw new Failure("invalid", `${JSON.stringify(node)} is no name of a node: ${remedy}`);
}
