// The parent's side of one thread: starts it, hears of its end in every form, ends it for certain.
//
//   starting ──started──► up ──crashed──► standing still ──resume──► up
//       │                  │                    │
//       └──────────────────┴── stop, lost ──────┴──► gone
//
// A thread that keeps from its event loop counts no heartbeats; after four looks without one it is
// lost. Looks are counted, not milliseconds: a process that was asleep has lost nobody.
import { Worker } from "node:worker_threads";
import type { NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { isFailureCode } from "#protocols/failure-codes.ts";
import type { Pending } from "#runtime/core/actor-class.ts";
import type { Log } from "#runtime/core/ports.ts";
import { PortLine, type PortLinePorts } from "./port-line.ts";
import {
  beatsAt,
  begunAt,
  type FromThread,
  type ThreadOrders,
  type ToThread,
} from "./port-messages.ts";

export interface ThreadTerms {
  readonly orders: Omit<ThreadOrders, "pulse" | "beatMs">;
  /** Buffers in the arguments that move. */
  readonly moved: readonly ArrayBuffer[];
  /** Of the actor that the thread belongs to. */
  readonly path: string;
  readonly heapMbMax: number | undefined;
  readonly blockedMsMax: number;
}

export interface ThreadPorts extends Omit<PortLinePorts, "post"> {
  readonly log: Log;
  /** The hosted actor has that uid in the thread. */
  born(hostedUid: number): void;
  started(): void;
  begun(number: number): void;
  /** The hosted actor has failed and stands still. */
  crashed(failure: Failure, during: string): void;
  /** The hosted actor has stopped itself. */
  left(): void;
  /** The thread is gone, and was not told to go. */
  gone(failure: Failure): void;
}

/** Looks without a heartbeat until a thread is lost. */
const looksMax = 4;
const beatMsMax = 500;

export class WorkerThread {
  readonly line: PortLine;
  readonly #terms: ThreadTerms;
  readonly #ports: ThreadPorts;
  readonly #worker: Worker;
  readonly #pulse: Int32Array;
  #look: NodeJS.Timeout | undefined;
  #state: "starting" | "up" | "stopping" | "gone" = "starting";
  #uncaught: unknown;
  #stopped: () => void = () => {};

  constructor(terms: ThreadTerms, ports: ThreadPorts) {
    const { blockedMsMax, heapMbMax, moved, orders } = terms;
    this.#terms = terms;
    this.#ports = ports;
    const pulse = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#pulse = new Int32Array(pulse);
    Atomics.store(this.#pulse, begunAt, orders.begun | 0);
    const beatMs = Math.max(1, Math.min(beatMsMax, blockedMsMax / (2 * looksMax)));
    const workerData: ThreadOrders = { ...orders, pulse, beatMs };
    this.#worker = new Worker(new URL("./thread-entry.mjs", import.meta.url), {
      workerData,
      transferList: [...moved],
      // The entry registers its own loader; the process's options would register a second.
      execArgv: [],
      name: terms.path,
      ...(heapMbMax === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMbMax } }),
    });
    const post = (message: ToThread, buffers: ArrayBuffer[]): void =>
      this.#worker.postMessage(message, buffers);
    this.line = new PortLine({ ...ports, post });
    this.#worker.on("message", (message: FromThread) => this.#heard(message));
    this.#worker.on("error", (error) => {
      this.#uncaught = error;
    });
    // What cannot be read is lost, and with it the order: the thread is of no use any more.
    this.#worker.on("messageerror", (error) => {
      this.#uncaught = error;
      void this.#worker.terminate();
    });
    this.#worker.on("exit", (code) => {
      this.#lose(this.#whyEnded(code));
      this.#stopped();
    });
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  /** The number of the last message that was begun, known to lie in the window after `known`. */
  begunSince(known: number): number {
    return known + ((Atomics.load(this.#pulse, begunAt) - (known | 0)) | 0);
  }

  /** The hosted actor goes on after its failure. */
  resume(): void {
    this.#post({ kind: "resume" });
  }

  nodeDown(node: NodeId): void {
    if (!this.isGone) this.#post({ kind: "node-down", node });
  }

  nodeUp(node: NodeId): void {
    if (!this.isGone) this.#post({ kind: "node-up", node });
  }

  /** Lets the hosted actor end within that time, then ends the thread in any case. */
  async stop(pending: Pending, msMax: number): Promise<void> {
    if (this.#state !== "gone") {
      this.#state = "stopping";
      const stopped = new Promise<void>((resolve) => {
        this.#stopped = resolve;
      });
      this.#post({ kind: "stop", pending });
      await within(stopped, msMax);
    }
    this.#state = "gone";
    clearInterval(this.#look);
    await this.#worker.terminate();
  }

  #post(message: ToThread): void {
    this.line.flush();
    this.#worker.postMessage(message);
  }

  #heard(message: FromThread): void {
    // Another thread may do its work by now: of a lost one nothing counts but its log.
    if (this.#state === "gone" && message.kind !== "log") return;
    switch (message.kind) {
      case "batch":
        this.#ports.begun(message.begun);
        this.line.heard(message);
        return;
      case "started":
        if (this.#state === "starting") this.#state = "up";
        this.#watchPulse();
        this.#ports.started();
        return;
      case "born":
        this.#ports.born(message.hostedUid);
        return;
      case "crashed":
        this.#ports.crashed(failureOf(message), message.during);
        return;
      case "left":
        this.#ports.left();
        return;
      case "stopped":
        this.#stopped();
        return;
      case "log": {
        const { actor, fields, level, message: text } = message;
        const shown = typeof fields === "object" && fields !== null ? { ...fields } : undefined;
        this.#ports.log.write(level, this.#pathHere(actor), text, shown);
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** `/name/child` of the thread as the path that it has in the parent's tree. */
  #pathHere(actor: string): string {
    const own = `/${this.#terms.orders.name}`;
    const { path } = this.#terms;
    return actor === own || actor.startsWith(`${own}/`) ? path + actor.slice(own.length) : actor;
  }

  #watchPulse(): void {
    const { blockedMsMax, path } = this.#terms;
    if (blockedMsMax === Number.POSITIVE_INFINITY) return;
    let last = Atomics.load(this.#pulse, beatsAt);
    let looks = 0;
    this.#look = setInterval(() => {
      const beats = Atomics.load(this.#pulse, beatsAt);
      looks = beats === last ? looks + 1 : 0;
      last = beats;
      if (looks < looksMax) return;
      this.#ports.bounds.reached("threadBlockedMsDefault");
      const text = `the thread of ${path} has kept from its event loop for ${blockedMsMax} ms and is ended: let it await now and then, or raise blockedMsMax`;
      this.#lose(new Failure("thread_lost", text));
      this.#stopped();
      void this.#worker.terminate();
    }, blockedMsMax / looksMax);
  }

  #whyEnded(code: number): Failure {
    const { heapMbMax, path } = this.#terms;
    const error = this.#uncaught;
    if (error === undefined) {
      const text = `the thread of ${path} has called process.exit(${code}): let the actor stop itself with ctx.stop() instead`;
      return new Failure("thread_lost", text);
    }
    if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
      const bound = heapMbMax === undefined ? "its heap's bound" : `heapMbMax, ${heapMbMax} MB`;
      const text = `the thread of ${path} needed more memory than ${bound}: hold less, or raise it`;
      return new Failure("thread_lost", text, error);
    }
    const text = `the thread of ${path} ended by an error that nobody caught: ${String(error)}`;
    return new Failure("thread_lost", text, error);
  }

  #lose(failure: Failure): void {
    if (this.#state === "gone") return;
    const wasTold = this.#state === "stopping";
    this.#state = "gone";
    clearInterval(this.#look);
    if (!wasTold) this.#ports.gone(failure);
  }
}

function failureOf(message: Extract<FromThread, { kind: "crashed" }>): Failure {
  const { code, detail } = message.failure;
  const cause = new Error(detail);
  cause.stack = message.stack;
  return new Failure(isFailureCode(code) ? code : "actor_crashed", detail, cause);
}

/** Settles with the promise, or after that time. */
async function within(promise: Promise<void>, msMax: number): Promise<void> {
  if (msMax === Number.POSITIVE_INFINITY) {
    await promise;
    return;
  }
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timeout = setTimeout(resolve, msMax);
  });
  await Promise.race([promise, late]);
  clearTimeout(timeout);
}
