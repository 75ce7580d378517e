// What `PersistentActor` and `DurableActor` keep their actors in, on a simulated disk: a log of the
// calls that changed anything, each with a checksum, and a model in memory that is made again from it.
import { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import {
  CalledPersistence,
  type StoreAnswer,
  type StoreCaller,
} from "#runtime/persistence/called-persistence.ts";
import type { Persistence } from "#runtime/persistence/journal.ts";
import { isWrite, type StoreCall } from "#runtime/persistence/store-call.ts";
import { MemoryPersistence } from "#runtime/stores/memory-persistence.ts";
import { summed, unsummed } from "./checked-bytes.ts";
import type { Disk } from "./simulated-disk.ts";

/** A store on this disk; another incarnation makes its own on the same one. */
export const persistenceOn = (disk: Disk): Persistence =>
  new CalledPersistence(new LoggedCalls(disk));

interface Model {
  readonly persistence: Persistence;
  /** Something was found that does not fit its checksum: nothing behind it can be trusted. */
  isDamaged: boolean;
  nextNumber: number;
}

const prefix = "calls/";
const callBytesMax = 64 * 1024 * 1024;

class LoggedCalls implements StoreCaller {
  readonly #disk: Disk;
  readonly #codec = new PlainCodec();
  #model: Promise<Model> | undefined;
  /** One write after the other: none is based on one that may not have happened. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  call<C extends StoreCall>(call: C): Promise<StoreAnswer<C>> {
    if (!isWrite(call)) return this.#read(call);
    const written = this.#tail.then(() => this.#write(call));
    this.#tail = written.catch(() => {});
    return written;
  }

  async #read<C extends StoreCall>(call: C): Promise<StoreAnswer<C>> {
    return this.#perform(await this.#current(), call);
  }

  async #write<C extends StoreCall>(call: C): Promise<StoreAnswer<C>> {
    const model = await this.#current();
    const answer = await this.#perform(model, call);
    const key = `${prefix}${String(model.nextNumber).padStart(10, "0")}`;
    model.nextNumber++;
    const bytes = this.#codec.encode(call, { what: "the call", bytesMax: callBytesMax });
    try {
      await this.#disk.write(key, summed(bytes));
    } catch (cause) {
      // Whether it happened, the disk alone knows.
      this.#model = undefined;
      throw cause;
    }
    return answer;
  }

  #current(): Promise<Model> {
    if (this.#model) return this.#model;
    const model = this.#recover();
    this.#model = model;
    model.catch(() => {
      if (this.#model === model) this.#model = undefined;
    });
    return model;
  }

  async #recover(): Promise<Model> {
    const model: Model = {
      persistence: new MemoryPersistence(),
      isDamaged: false,
      nextNumber: 1,
    };
    const keys = await this.#disk.keys(prefix);
    const stored = await Promise.all(keys.map((key) => this.#disk.read(key)));
    for (const [index, bytes] of stored.entries()) {
      const call = this.#decoded(bytes);
      model.nextNumber = Number(keys[index]?.slice(prefix.length)) + 1;
      if (!call) model.isDamaged = true;
      if (call && !model.isDamaged) await this.#perform(model, call);
    }
    return model;
  }

  #decoded(stored: Uint8Array | undefined): StoreCall | undefined {
    const bytes = unsummed(stored);
    if (bytes === undefined) return undefined;
    const call = this.#codec.decode(bytes, "the call");
    return isStoreCall(call) ? call : undefined;
  }

  async #perform<C extends StoreCall>(model: Model, call: C): Promise<StoreAnswer<C>> {
    if (model.isDamaged) {
      const text = "a stored call does not fit its checksum: restore the disk from a copy";
      throw new Failure("corrupt", text);
    }
    return typed(await performed(model.persistence, call));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the call's kind decides the type of its answer.
const typed = (answer: unknown): any => answer;

function performed({ journal, snapshots }: Persistence, call: StoreCall): Promise<unknown> {
  switch (call.kind) {
    case "claim":
      return journal.claim(call.persistenceId);
    case "append":
      return journal.append(call);
    case "read":
      return journal.read(call);
    case "forget-events":
      return journal.deleteUpTo(call);
    case "save":
      return snapshots.save(call);
    case "load":
      return snapshots.loadLatest(call.persistenceId);
    case "forget-snapshots":
      return snapshots.deleteUpTo(call);
    default:
      return call satisfies never;
  }
}

const kinds: readonly unknown[] = ["claim", "append", "save", "forget-events", "forget-snapshots"];

function isStoreCall(value: unknown): value is StoreCall {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return kinds.includes(value.kind);
}
