// What comes in as a frame and is none: counted, and told in the log a few times a second, so that a
// flood of rubbish fills no disk. Pure.
import { Failure } from "#protocols/failure.ts";
import { decodeFrame } from "#protocols/frame-layout.ts";
import type { Frame } from "#protocols/frames.ts";
import type { Clock, Log } from "#runtime/core/ports.ts";

/** Lines a second; what is not told is counted in the next line. */
const linesMax = 5;

export interface FrameCounts {
  /** Frames that came in, whatever they were. */
  readonly heard: number;
  /** Nobody could read them. */
  readonly refused: number;
  /** Of a session that nobody has, or of a kind that does not belong here. */
  readonly stray: number;
  /** Their handling threw: a bug here. */
  readonly failed: number;
}

export class FrameGuard {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #broken: (cause: unknown) => void;
  #heard = 0;
  #refused = 0;
  #stray = 0;
  #failed = 0;
  #untold = 0;
  #secondEndsMs = Number.NEGATIVE_INFINITY;
  #linesLeft = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly log: Log;
    /** Hears what the handling of a frame has thrown; default: the log does. */
    readonly broken?: (cause: unknown) => void;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#broken = options.broken ?? ((cause) => this.#tell("error", cause));
  }

  get counts(): FrameCounts {
    return {
      heard: this.#heard,
      refused: this.#refused,
      stray: this.#stray,
      failed: this.#failed,
    };
  }

  /** It was a frame, but not for anybody. */
  strayed(): void {
    this.#stray += 1;
  }

  /** Undefined for what is no frame. */
  read(parts: readonly Buffer[]): Frame | undefined {
    this.#heard += 1;
    try {
      return decodeFrame(parts);
    } catch (cause) {
      this.#refused += 1;
      this.#tell("warn", cause);
      return undefined;
    }
  }

  handle(act: () => void): void {
    try {
      act();
    } catch (cause) {
      this.#failed += 1;
      this.#broken(cause);
    }
  }

  #tell(level: "warn" | "error", cause: unknown): void {
    const nowMs = this.#clock.now();
    if (nowMs >= this.#secondEndsMs) {
      this.#secondEndsMs = nowMs + 1_000;
      this.#linesLeft = linesMax;
    }
    this.#linesLeft -= 1;
    if (this.#linesLeft < 0) {
      this.#untold += 1;
      return;
    }
    const { code, detail } = Failure.of(cause);
    const fields = { code, ...(this.#untold === 0 ? {} : { untold: this.#untold }) };
    this.#untold = 0;
    const text = `a frame could not be handled: ${detail}`;
    this.#log.write(level, "/system/links/listener", text, fields);
  }
}
