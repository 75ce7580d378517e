// The threads on which networks run, apart from the one that reads orders, prepares tensors and writes
// answers: that one stays free while a run blocks them. All networks of an engine share them, one run at a
// time, so that no more threads run models than the engine was given.
//
//   main thread    read · prepare ──┐   ┌── compose · write      (files on libvips's threads)
//   run threads                     └run┘
//
// Tensors are handed over both ways, not copied.
import { Worker } from "node:worker_threads";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { Failure } from "#protocols/failure.ts";
import type { Provider } from "./device-choice.ts";
import type { TensorValue } from "./network.ts";

/** How a network's runs are carried out. */
export interface RunTerms {
  /** Threads of one operator; null, and by default: those of the engine. */
  readonly intraOp?: number | null;
  /** Operators that run at a time. Default: 1. */
  readonly interOp?: number;
  /** Default: `cpu`. */
  readonly provider?: Provider;
}

export interface LoadedNetwork {
  /** What the further acts are told. */
  readonly network: number;
  readonly inputs: readonly InferenceSession.ValueMetadata[];
  readonly outputs: readonly InferenceSession.ValueMetadata[];
}

/** As ONNX Runtime gives it: of any type it has, texts among them. */
export interface GivenValue {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: Tensor["data"];
}

type Act =
  | {
      readonly kind: "load";
      readonly network: number;
      readonly file: string;
      readonly intraOp: number;
      readonly interOp: number;
      readonly provider: Provider;
    }
  | {
      readonly kind: "run";
      readonly network: number;
      readonly feeds: readonly (readonly [string, TensorValue])[];
    }
  | { readonly kind: "warmed" }
  | { readonly kind: "close"; readonly network: number };

type Values = readonly (readonly [string, GivenValue])[];

interface Told extends Omit<LoadedNetwork, "network"> {
  /** Of ONNX Runtime. */
  readonly version: string;
  readonly values: Values;
}

type Reply =
  | { readonly id: number; readonly value: Partial<Told> }
  | { readonly id: number; readonly error: string };

interface Waiting {
  resolve(value: Partial<Told>): void;
  reject(why: Failure): void;
}

/** When sessions are begun anew for the memory that they keep. */
export interface RenewalTerms {
  /** Milliseconds without anything to do. */
  readonly pauseMs: number;
  /** The process holds more than so many times what it held when all was warm, and so many bytes on top. */
  readonly swollenFactor: number;
  readonly swollenBytes: number;
}

const renewalDefault: RenewalTerms = {
  ...{ pauseMs: 5_000, swollenFactor: 2, swollenBytes: 256 * 1024 * 1024 },
};

const program = new URL("./onnx-thread.mjs", import.meta.url);

export class RunThreads {
  /** Of one run, where its network asks for no other number. */
  readonly count: number;
  readonly #worker: Worker;
  /** In the order asked, which is that of the answers; the first is at work. */
  readonly #waiting = new Map<number, Waiting>();
  #afterAct: (() => void)[] = [];
  #nextId = 1;
  #networks = 0;
  #onnxruntimeVersion = "none";

  private constructor(count: number, renewal: RenewalTerms) {
    this.count = count;
    this.#worker = new Worker(program, { workerData: renewal, execArgv: [] });
    // Nobody listens for its failure, which so ends the process: nothing in it can be trusted then.
    this.#worker.on("message", (reply: Reply) => this.#answered(reply));
    // Only work under way keeps the process alive.
    this.#worker.unref();
  }

  /** `count` threads of one run, which is one at a time whatever the network. */
  static start(count: number, renewal = renewalDefault): RunThreads {
    return new RunThreads(count, renewal);
  }

  /** `none` before a network was loaded. */
  get onnxruntimeVersion(): string {
    return this.#onnxruntimeVersion;
  }

  /** A run, or a load: neither can be interrupted. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** At once, or when the present run has ended, before anybody learns its answer. */
  betweenRuns(act: () => void): void {
    if (this.isBusy) this.#afterAct.push(act);
    else act();
  }

  /** Fails with `model_failed`, in the words of ONNX Runtime. */
  async load(
    file: string,
    { intraOp = null, interOp = 1, provider = "cpu" }: RunTerms = {},
  ): Promise<LoadedNetwork> {
    this.#networks += 1;
    const network = this.#networks;
    const terms = { intraOp: intraOp ?? this.count, interOp, provider };
    const act = { kind: "load", file, network, ...terms } as const;
    const { inputs = [], outputs = [], version } = await this.#ask(act);
    this.#onnxruntimeVersion = version ?? this.#onnxruntimeVersion;
    return { network, inputs, outputs };
  }

  /**
   * The arrays are empty afterwards, unless they are parts of larger ones. Fails with `model_failed`, in the
   * words of ONNX Runtime.
   */
  async run(network: number, feeds: readonly (readonly [string, TensorValue])[]): Promise<Values> {
    const whole = feeds.flatMap(([, { data }]) => wholeBufferOf(data));
    const { values = [] } = await this.#ask({ kind: "run", network, feeds }, whole);
    return values;
  }

  /** All is loaded, and has been run: what the process holds now is what it needs. */
  async warmed(): Promise<void> {
    await this.#ask({ kind: "warmed" });
  }

  async close(network: number): Promise<void> {
    await this.#ask({ kind: "close", network });
  }

  #ask(act: Act, handedOver: readonly ArrayBuffer[] = []): Promise<Partial<Told>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ ...act, id }, [...new Set(handedOver)]);
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #answered(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    for (const act of this.#afterAct.splice(0)) act();
    if ("value" in reply) waiting?.resolve(reply.value);
    else waiting?.reject(new Failure("model_failed", reply.error));
  }
}

function wholeBufferOf({
  buffer,
  byteLength,
}: Pick<TensorValue["data"], "buffer" | "byteLength">): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
