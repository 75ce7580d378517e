// Reads the copy, from any process that reaches its Redis. It has no timer of its own: who reads opens the
// connection, and does not wait for it; when that has failed, the next reading after a while tries again.
//
//   closed ──a reading──► opening ──► open ──no answer──► closed, for 0.25 to 2 s
import { Failure } from "#protocols/failure.ts";
import { type CopyPage, type CopyPart, copyPage } from "./copy-page.ts";
import { type MirrorKeys, mirrorKeys } from "./mirror-keys.ts";
import { MirrorServer } from "./mirror-server.ts";
import type { MirrorTerms } from "./state-messages.ts";

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
  /** What was damaged when it was read last, of each kind. */
  readonly #damaged = new Map<CopyPart["kind"], CopyPart>();

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
  async page(part: CopyPart): Promise<CopyPage | undefined> {
    const page = await this.#read((server) => copyPage(server, this.#keys, part));
    if (page && page.damage !== null) this.#damaged.set(part.kind, part);
    else if (page) this.#damaged.delete(part.kind);
    return page;
  }

  /** Looks again at what was damaged last, and tells what still is; else what endangers it; null: nothing. */
  async damage(): Promise<string | null> {
    for (const part of [...this.#damaged.values()]) {
      const page = await this.page(part);
      if (page && page.damage !== null) return page.damage;
    }
    return this.#open?.danger ?? null;
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
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
      const { code, detail } = Failure.of(error);
      this.#trouble = detail;
      // Of another kind than was written: the server is there, and its other parts may be whole.
      if (code === "conflict") {
        return { hashes: [], writtenAt: this.#wall(), wholeAt: 0, damage: detail };
      }
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
