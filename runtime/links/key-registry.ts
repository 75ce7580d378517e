// Which public keys speak for which node: what the operator has signed off. Pure; a registry never
// changes, it is followed by another one.
//
// A node has one key, or two while it changes from one to the next. A key speaks for one node only:
// otherwise the bearer of one name could take the other. Roles say what a node may do in a topology;
// none means any.
import { createHash } from "node:crypto";
import { namePattern } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { isPublicKey } from "./curve-keys.ts";

export const registryBounds = {
  nodesMax: linkLimits.peersMax,
  /** The one in use, and the one that follows it or went before. */
  keysMax: 2,
  rolesMax: 16,
  fileBytesMax: 1024 * 1024,
} as const;

export interface RegisteredNode {
  readonly name: string;
  /** The newest last; 40 characters of Z85 each. */
  readonly keys: readonly string[];
  /** Empty: any. */
  readonly roles: readonly string[];
}

export interface NodeKey {
  readonly node: string;
  readonly key: string;
}

const format = "troupe.key-registry@1";

export class KeyRegistry {
  static readonly empty = new KeyRegistry([]);

  /** In the order of their names. */
  readonly nodes: readonly RegisteredNode[];
  readonly #byName: ReadonlyMap<string, RegisteredNode>;
  readonly #byKey: ReadonlyMap<string, RegisteredNode>;

  /** Fails with `invalid`: names, keys and roles must be well formed, and each key stand once. */
  constructor(nodes: readonly RegisteredNode[]) {
    if (nodes.length > registryBounds.nodesMax) {
      refuse(`it lists ${nodes.length} nodes, at most ${registryBounds.nodesMax} fit`);
    }
    const byName = new Map<string, RegisteredNode>();
    const byKey = new Map<string, RegisteredNode>();
    for (const node of nodes) {
      checkNode(node);
      if (byName.has(node.name)) refuse(`the node ${node.name} stands in it twice`);
      byName.set(node.name, node);
      for (const key of node.keys) {
        const other = byKey.get(key)?.name;
        if (other !== undefined) {
          refuse(`the key ${key} of ${node.name} is ${other}'s already; give each node its own`);
        }
        byKey.set(key, node);
      }
    }
    this.nodes = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#byName = byName;
    this.#byKey = byKey;
  }

  /** Fails with `corrupt`, saying what is wrong with which file. */
  static parse(text: string, file: string): KeyRegistry {
    try {
      return new KeyRegistry(nodesIn(text));
    } catch (cause) {
      const { detail } = Failure.of(cause);
      const remedy = "correct it, or restore it from a copy";
      throw new Failure("corrupt", `${file} is no key registry: ${detail}: ${remedy}`, cause);
    }
  }

  toText(): string {
    return `${JSON.stringify({ format, nodes: this.nodes }, null, 2)}\n`;
  }

  /** Equal on two machines exactly when they trust the same keys: for people to compare. */
  get fingerprint(): string {
    return createHash("sha256").update(this.toText()).digest("hex").slice(0, 16);
  }

  node(name: string): RegisteredNode | undefined {
    return this.#byName.get(name);
  }

  /** For whom the key speaks. */
  bearer(key: string): RegisteredNode | undefined {
    return this.#byKey.get(key);
  }

  keysOf(name: string): readonly string[] {
    return this.#byName.get(name)?.keys ?? [];
  }

  /** Adds the key as the node's newest; `roles` takes the place of the former ones when given. */
  withKey({ node, key, roles }: NodeKey & { readonly roles?: readonly string[] }): KeyRegistry {
    const former = this.#byName.get(node);
    const keys = [...(former?.keys ?? []), key];
    if (keys.length > registryBounds.keysMax) {
      refuse(`${node} has ${registryBounds.keysMax} keys already: remove the older one first`);
    }
    const others = this.nodes.filter(({ name }) => name !== node);
    return new KeyRegistry([...others, { name: node, keys, roles: roles ?? former?.roles ?? [] }]);
  }

  /** A node without keys is in it no more. */
  withoutKey({ node, key }: NodeKey): KeyRegistry {
    return new KeyRegistry(
      this.nodes.flatMap((one) => {
        if (one.name !== node) return [one];
        const keys = one.keys.filter((kept) => kept !== key);
        return keys.length === 0 ? [] : [{ ...one, keys }];
      }),
    );
  }

  withoutNode(name: string): KeyRegistry {
    return new KeyRegistry(this.nodes.filter((node) => node.name !== name));
  }

  /** The keys that do not speak for their node any more once `next` holds. */
  removedBy(next: KeyRegistry): readonly NodeKey[] {
    return this.nodes.flatMap(({ name, keys }) =>
      keys
        .filter((key) => next.bearer(key)?.name !== name)
        .map((key): NodeKey => ({ node: name, key })),
    );
  }
}

function checkNode({ name, keys, roles }: RegisteredNode): void {
  if (!namePattern.test(name)) refuse(`${JSON.stringify(name)} is no name of a node`);
  if (keys.length < 1 || keys.length > registryBounds.keysMax) {
    refuse(`${name} has ${keys.length} keys, it may have 1 to ${registryBounds.keysMax}`);
  }
  for (const key of keys) {
    if (!isPublicKey(key)) refuse(`${JSON.stringify(key)} of ${name} is no public CURVE key`);
  }
  if (roles.length > registryBounds.rolesMax) {
    refuse(`${name} has ${roles.length} roles, at most ${registryBounds.rolesMax} fit`);
  }
  for (const role of roles) {
    if (!namePattern.test(role)) refuse(`${JSON.stringify(role)} of ${name} is no name of a role`);
  }
}

function nodesIn(text: string): readonly RegisteredNode[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
  if (!isMapping(document) || document["format"] !== format) {
    return refuse(`its format must be ${format}`);
  }
  const nodes: unknown = document["nodes"];
  if (!Array.isArray(nodes)) return refuse("nodes must be a list");
  return nodes.map((node: unknown, index) => nodeIn(node, `nodes[${index}]`));
}

function nodeIn(node: unknown, place: string): RegisteredNode {
  if (!isMapping(node)) return refuse(`${place} must be an object with name, keys and roles`);
  const { name, keys, roles = [], ...unknown } = node;
  const [surplus] = Object.keys(unknown);
  if (surplus !== undefined) return refuse(`${place} has the unknown key ${surplus}`);
  if (typeof name !== "string") return refuse(`${place}.name must be a text`);
  if (!isTexts(keys)) return refuse(`${place}.keys must be a list of texts`);
  if (!isTexts(roles)) return refuse(`${place}.roles must be a list of texts`);
  return { name, keys, roles };
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function refuse(seen: string): never {
  throw new Failure("invalid", seen);
}
