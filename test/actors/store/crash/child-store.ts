// The driver's side of a process that owns a store. What was asked and not answered when the process
// is killed rejects with `StoreGone`: nobody knows whether it was done.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StoreBackend, StoreCommand, StoreMethod, StoreValue } from "#actors/store/backend.ts";
import { Failure } from "#protocols/failure.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { CrashPlace, CrashReport, CrashRequest } from "./store-process.ts";

export class StoreGone extends Error {
  override name = "StoreGone";
}

interface Waiting {
  readonly method: StoreMethod;
  resolve(value: unknown): void;
  reject(cause: unknown): void;
}

const script = fileURLToPath(new URL("./store-process.ts", import.meta.url));

export class ChildStore implements StoreBackend {
  readonly lost: Promise<never> = new Promise(() => {});
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #reported: (report: CrashReport) => void = () => {};
  #info: StoreInfo | undefined;
  #calls = 0;
  #answers = 0;

  /** `before`: words of a command line that runs the process, such as one that limits it. */
  constructor(kind: CrashPlace["kind"], before: readonly string[] = []) {
    const [program = process.execPath, ...args] = [
      ...before,
      ...[process.execPath, "--import", "#runtime/host/typescript-loader.mjs", script, kind],
    ];
    this.#child = spawn(program, args, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#ended = once(this.#child, "exit");
    this.#child.on("message", (message) => {
      if (isReport(message)) this.#heard(message);
    });
    // Also when the pipe breaks: what was said before has been heard by then.
    this.#child.on("close", () => this.#gone());
    this.#child.on("error", () => this.#gone());
  }

  get info(): StoreInfo {
    if (!this.#info) throw new Error("it is not open");
    return this.#info;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the process was not started");
    return pid;
  }

  /** Calls that were answered, one way or the other. */
  get answers(): number {
    return this.#answers;
  }

  /** Methods that are under way. */
  get underWay(): readonly StoreMethod[] {
    return [...this.#waiting.values()].map(({ method }) => method);
  }

  /** Asks it to open; `opened` or `killed` tells what became of it. */
  async open(place: CrashPlace): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#reported = (report) => {
        if (report.kind === "opened") resolve();
        if (report.kind === "refused") {
          reject(new Failure(report.failure.code, report.failure.detail));
        }
      };
      this.#child.once("exit", () => reject(new StoreGone("killed while it opened")));
    });
    this.#send({ kind: "open", place });
    return opened;
  }

  /** When its modules are loaded. */
  async loaded(): Promise<this> {
    if (this.#isLoaded) return this;
    await new Promise<void>((resolve, reject) => {
      this.#reported = () => resolve();
      this.#child.once("exit", () => reject(new StoreGone("ended while it was loaded")));
    });
    return this;
  }
  #isLoaded = false;

  call<C extends StoreCommand>(command: C): Promise<StoreValue<C["method"]>> {
    const { method } = command;
    this.#calls += 1;
    const id = this.#calls;
    return new Promise<unknown>((resolve, reject) => {
      if (!this.#child.connected) {
        reject(new StoreGone(`${method}: the process is gone`));
        return;
      }
      this.#waiting.set(id, { method, resolve, reject });
      this.#send({ kind: "call", id, command });
    }).then((value) => {
      if (answersTo(command, value)) return value;
      throw new Error(`${method} was answered with something else`);
    });
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    if (this.#child.connected || this.#waiting.size > 0) await once(this.#child, "close");
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#send({ kind: "close" });
    await this.#ended;
  }

  #send(request: CrashRequest): void {
    // A process that was just killed does not listen; `close` tells those who wait.
    this.#child.send(request, () => {});
  }

  #heard(report: CrashReport): void {
    if (report.kind === "loaded") this.#isLoaded = true;
    if (report.kind === "opened") this.#info = report.info;
    if (report.kind !== "done" && report.kind !== "failed") {
      this.#reported(report);
      return;
    }
    const waiting = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    this.#answers += 1;
    if (report.kind === "done") {
      this.#info = report.info;
      waiting?.resolve(report.value);
    } else {
      waiting?.reject(new Failure(report.failure.code, report.failure.detail));
    }
  }

  #gone(): void {
    for (const { method, reject } of this.#waiting.values()) {
      reject(new StoreGone(`${method} was not answered`));
    }
    this.#waiting.clear();
  }
}

const isReport = (message: unknown): message is CrashReport =>
  typeof message === "object" && message !== null && "kind" in message;

/** That the value belongs to the method is what the process's back end promises. */
const answersTo = <C extends StoreCommand>(
  _command: C,
  _value: unknown,
): _value is StoreValue<C["method"]> => true;
