// The port of what an engine does for its requests: what a model is for. In three steps, so that the files
// of the next request are read while a model runs:
//
//   files, parameters ─► read ─► run ─► write ─► files, figures
//
// A kind of work is written as `WorkSteps`, with types of its own between them; the engine sees none of
// these. `load-work.ts` has the table of kinds.
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import type { LoadTerms } from "../engine/load-network.ts";
import type { ModelFolder } from "../engine/model-folder.ts";
import type { Signature } from "../fillers/model-form.ts";
import { checkNames } from "./parameter-names.ts";
import type { TrialData } from "./trial-pixels.ts";

/** What was asked: files by name, and the parameters of the task. */
export interface WorkInput {
  readonly files: readonly Pick<TaskFile, "name" | "bytes">[];
  readonly parameters: TaskParameters;
}

export interface WorkResult {
  /** At most 8, of together at most `limits.payloadBytesMax`. */
  readonly files: readonly TaskFile[];
  readonly figures: TaskParameters;
}

export interface WorkSteps<Read, Ran> {
  /** Names of those it reads. Any other would be without effect, so it is refused with `invalid`. */
  readonly parameters: readonly string[];
  /** Runs a small picture of that, so that the first request does not pay for it. Fails with `model_failed`. */
  warmUp(data: TrialData): Promise<void>;
  /** Fails with `bad_image`, and with `invalid`, which names the file or the parameter. */
  read(input: WorkInput): Promise<Read>;
  /** The only step that may block the thread; networks do not. Fails with `model_failed`, and as `read`. */
  run(read: Read): Promise<Ran>;
  /** Fails with `too_large`. */
  write(read: Read, ran: Ran): Promise<WorkResult>;
}

export interface ModelWork {
  warmUp(data: TrialData): Promise<void>;
  read(input: WorkInput): Promise<ReadWork>;
}
export interface ReadWork {
  run(): Promise<RanWork>;
}
export interface RanWork {
  write(): Promise<WorkResult>;
}

export const inSteps = <Read, Ran>(steps: WorkSteps<Read, Ran>): ModelWork => ({
  warmUp: (data) => steps.warmUp(data),
  async read(input) {
    checkNames(input.parameters, steps.parameters);
    const read = await steps.read(input);
    return {
      async run() {
        const ran = await steps.run(read);
        return { write: () => steps.write(read, ran) };
      },
    };
  },
});

export interface LoadedWork {
  readonly work: ModelWork;
  /** Of its networks together, as their files declare them; a work without one has none. */
  readonly signature: Signature;
}

/** Fails with `model_failed` or `invalid`. */
export type LoadWork = (folder: ModelFolder, terms: LoadTerms) => Promise<LoadedWork>;
