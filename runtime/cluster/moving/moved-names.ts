// Names of the directory that move with their actor: the source's session lets go of them without removing
// the entries, and the target's takes each over in place of the very revision that the source had.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { placeValue } from "#runtime/cluster/names/actor-entry.ts";
import { namesPrefix } from "#runtime/cluster/names/cluster-names.ts";
import type { Names } from "#runtime/core/ports.ts";
import type { Who } from "./cargo.ts";

export interface MovedNamesPorts {
  session(): DirectorySession;
  names(): Names | undefined;
  log(text: string, why: Failure): void;
}

export class MovedNames {
  readonly #ports: MovedNamesPorts;

  constructor(ports: MovedNamesPorts) {
    this.#ports = ports;
  }

  heldBy(ref: AnyRef): Who["names"] {
    const held = [...this.#ports.session().held];
    return held
      .filter(([, { owner }]) => addressKey(owner.$.address) === addressKey(ref.$.address))
      .map(([key, { revision }]) => [key, revision]);
  }

  letGo(ref: AnyRef): void {
    for (const [key] of this.heldBy(ref)) this.#ports.session().held.delete(key);
  }

  /** Its bearer has ended before this node had them: nobody else would end them in time. */
  async end(names: Who["names"]): Promise<void> {
    const { directory } = this.#ports.session();
    for (const [key, expect] of names) {
      await directory.remove({ key, expect }).catch((error: unknown) => {
        this.#ports.log(`${key} could not be given back`, Failure.of(error));
      });
    }
  }

  async takeOver(ref: AnyRef, names: Who["names"]): Promise<void> {
    for (const [key, revision] of names) {
      try {
        await this.#takeOne(ref, key, revision);
      } catch (error) {
        this.#ports.log(`${key} could not be taken over`, Failure.of(error));
      }
    }
  }

  async #takeOne(ref: AnyRef, key: string, expect: number): Promise<void> {
    const { directory, node } = this.#ports.session();
    try {
      await directory.put({ key, value: placeValue(ref), session: node, expect });
    } catch (error) {
      // The source's session has ended meanwhile, and the entry with it: then it is claimed anew.
      if (Failure.of(error).code !== "conflict") throw error;
    }
    await this.#ports.names()?.claim(key.slice(namesPrefix.length), ref);
  }
}
