// The key registry as a file that the operator edits, through `troupe keys` or by hand: read, written
// whole, and read again when it changes.
//
// A registry that cannot be read does not take the place of one that could: neither does a slip of
// the pen end the cluster, nor does it let anybody in. It is told as an error until it is mended;
// meanwhile a key that was to be removed still speaks.
import { unwatchFile, watchFile } from "node:fs";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import type { Log } from "#runtime/core/ports.ts";
import { KeyRegistry, registryBounds } from "./key-registry.ts";
import { createGuarded, type FileGuard, readGuarded, replaceGuarded } from "./private-file.ts";

const guard: FileGuard = {
  readers: "everybody",
  bytesMax: registryBounds.fileBytesMax,
  remedy: "begin one with troupe keys make, or copy that of the cluster here",
};

/** Milliseconds between two looks at the file. */
const lookMs = 250;

/** Beside the key files, and never of the same name as one. */
export const registryFile = (folder: string): string => path.join(folder, "registry");

/** Fails with `not_found`, `corrupt`, or `invalid` when others than its owner could have written it. */
export const loadRegistry = (file: string): KeyRegistry =>
  KeyRegistry.parse(readGuarded(file, guard), file);

/** `former` is what was read before: `new` makes the file and fails with `conflict` if it is there. */
export function saveRegistry(file: string, registry: KeyRegistry, former: "new" | "present"): void {
  const text = registry.toText();
  if (Buffer.byteLength(text) > guard.bytesMax) {
    throw new Failure("too_large", `${file} would have more than ${guard.bytesMax} bytes`);
  }
  if (former === "new") createGuarded(file, text, guard);
  else replaceGuarded(file, text, guard);
}

export interface RegistryWatchOptions {
  readonly file: string;
  readonly log: Log;
  /** Called when another registry holds from now on. */
  readonly changed: (registry: KeyRegistry, former: KeyRegistry) => void;
}

/** The registry of a running node: always the last one that could be read. */
export class RegistryWatch {
  readonly #options: RegistryWatchOptions;
  #registry: KeyRegistry;
  #text: string;

  /** Fails as `loadRegistry` does. */
  constructor(options: RegistryWatchOptions) {
    this.#options = options;
    this.#registry = loadRegistry(options.file);
    this.#text = this.#registry.toText();
    // By time and size, not by notices of the file system: those end when the file is replaced.
    watchFile(options.file, { interval: lookMs, persistent: false }, this.#look);
  }

  get registry(): KeyRegistry {
    return this.#registry;
  }

  /** Reads the file now instead of at the next look. */
  look(): void {
    this.#look();
  }

  close(): void {
    unwatchFile(this.#options.file, this.#look);
  }

  readonly #look = (): void => {
    const { file, log, changed } = this.#options;
    let next: KeyRegistry;
    try {
      next = loadRegistry(file);
    } catch (cause) {
      const { detail } = Failure.of(cause);
      const message = `the former key registry still holds, as ${detail}`;
      log.write("error", "/system/links/keys", message);
      return;
    }
    const text = next.toText();
    if (text === this.#text) return;
    const former = this.#registry;
    this.#registry = next;
    this.#text = text;
    log.write("info", "/system/links/keys", "the key registry changed", {
      nodes: next.nodes.length,
      fingerprint: next.fingerprint,
    });
    changed(next, former);
  };
}
