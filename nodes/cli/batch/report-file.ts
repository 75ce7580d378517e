// The file that `--report` names: a line for each picture, written at once, so that a killed program
// leaves whole lines of all that is done.
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { pictureExtensions } from "./picture-walk.ts";

/** How every line of a report begins. */
const beginning = /^\{"(status|summary)":/;
const beginningLengthMax = 16;

export class ReportFile {
  readonly #file: string;
  readonly #descriptor: number;
  #isBroken = false;

  private constructor(file: string, descriptor: number) {
    this.#file = file;
    this.#descriptor = descriptor;
  }

  /** A former report is begun anew. Fails with `invalid` for any other file, which stays as it is. */
  static open(file: string): ReportFile {
    const extension = path.extname(file).toLowerCase();
    if (pictureExtensions.some((known) => known === extension)) {
      throw new Failure("invalid", `the report ${file} has the name of a picture: name it .jsonl`);
    }
    try {
      const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT);
      if (fstatSync(descriptor).isFile()) beginAnew(file, descriptor);
      return new ReportFile(file, descriptor);
    } catch (cause) {
      throw cause instanceof Failure ? cause : unwritable("invalid", file, cause);
    }
  }

  /** Fails with `unavailable` once; what is written after that is left out. */
  write(line: string): void {
    if (this.#isBroken) return;
    try {
      writeSync(this.#descriptor, line);
    } catch (cause) {
      this.#isBroken = true;
      throw unwritable("unavailable", this.#file, cause);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function beginAnew(file: string, descriptor: number): void {
  const bytes = Buffer.alloc(beginningLengthMax);
  const length = readSync(descriptor, bytes, 0, bytes.byteLength, 0);
  if (length > 0 && !beginning.test(bytes.toString("latin1", 0, length))) {
    closeSync(descriptor);
    const text = `${file} is there already and is no report: name another file, or remove it`;
    throw new Failure("invalid", text);
  }
  ftruncateSync(descriptor);
}

function unwritable(code: "invalid" | "unavailable", file: string, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Failure(code, `cannot write the report ${file}: ${why}`, cause);
}
