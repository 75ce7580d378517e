// Reads the copy, from any process that reaches its Redis. It has no timer of its own: who reads opens the
// connection, and does not wait for it; when that has failed, the next reading after a while tries again.
//
//   closed ──a reading──► opening ──► open ──no answer──► closed, for 0.25 to 2 s
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type MirrorKeys, type MirrorKind, mirrorKeys } from "./mirror-keys.ts";
import type { Hash } from "./mirror-records.ts";
import { MirrorServer } from "./mirror-server.ts";
import type { MirrorTerms } from "./state-messages.ts";

export interface CopyPage {
  readonly hashes: readonly Hash[];
  /** Tasks were so then, by the clock of the control node: milliseconds since 1970 UTC. */
  readonly writtenAt: number;
  /** Nodes, queues and counts were so then. */
  readonly wholeAt: number;
}

/** Queues and nodes that are read at once; the store holds no more of either. */
const recordsMax = limits.nodesKnownMax;
const retryMs = { min: 250, max: 2_000 } as const;

export class MirrorReader {
  readonly server: string;
  readonly #terms: MirrorTerms;
  readonly #wall: () => number;
  readonly #keys: MirrorKeys;
  #open: MirrorServer | undefined;
  #opening: Promise<void> | undefined;
  #retryAt = 0;
  #retryMs: number = retryMs.min;
  #trouble: string | null = "not opened yet";

  constructor(terms: MirrorTerms, wall: () => number) {
    this.server = terms.server;
    this.#terms = terms;
    this.#wall = wall;
    this.#keys = mirrorKeys(terms.namespace);
  }

  /** Why it could not be read last; null: it could. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Resolves when the connection is there, or is not to be had just now. */
  async opened(): Promise<void> {
    this.#begin();
    await this.#opening;
  }

  /** Undefined when it cannot be read: `trouble` says why. */
  task(taskId: string): Promise<CopyPage | undefined> {
    return this.#read((server) => this.#page(server, [this.#keys.of("task", taskId)]));
  }

  counts(): Promise<CopyPage | undefined> {
    return this.#read((server) => this.#page(server, [this.#keys.counts]));
  }

  all(kind: Exclude<MirrorKind, "task">): Promise<CopyPage | undefined> {
    return this.#read(async (server) => {
      const names = await server.members(this.#keys.all(kind), recordsMax);
      const sorted = [...names].sort();
      return this.#page(
        server,
        sorted.map((name) => this.#keys.of(kind, name)),
      );
    });
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  /** Or why there is nothing to read there just now. */
  async #page(server: MirrorServer, wanted: readonly string[]): Promise<CopyPage | string> {
    const [meta, ...hashes] = await server.hashes([this.#keys.meta, ...wanted]);
    const state = meta?.get("state") ?? "not written yet";
    if (state !== "following") return `the copy is ${state}`;
    const [writtenAt, wholeAt] = [meta?.get("writtenAt"), meta?.get("wholeAt")].map(Number);
    return { hashes, writtenAt: writtenAt ?? 0, wholeAt: wholeAt ?? 0 };
  }

  async #read(
    ask: (server: MirrorServer) => Promise<CopyPage | string>,
  ): Promise<CopyPage | undefined> {
    const server = this.#open;
    if (!server) {
      this.#begin();
      return undefined;
    }
    try {
      const page = await ask(server);
      this.#trouble = typeof page === "string" ? page : null;
      return typeof page === "string" ? undefined : page;
    } catch (error) {
      this.#trouble = Failure.of(error).detail;
      if (this.#open === server) this.close();
      return undefined;
    }
  }

  #begin(): void {
    if (this.#open || this.#opening || this.#wall() < this.#retryAt) return;
    this.#opening = MirrorServer.open(this.#terms.place)
      .then((server) => {
        this.#open = server;
        this.#retryMs = retryMs.min;
      })
      .catch((error: unknown) => {
        this.#trouble = Failure.of(error).detail;
        this.#retryAt = this.#wall() + this.#retryMs;
        this.#retryMs = Math.min(retryMs.max, 2 * this.#retryMs);
      })
      .finally(() => {
        this.#opening = undefined;
      });
  }
}
