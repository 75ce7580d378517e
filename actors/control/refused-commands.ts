// Tells of what was refused, so that an operator finds who tried what. Nothing was begun, so that the history
// has no row of it, and strangers can neither fill the store nor push anything out of it: each is counted,
// and has a line in the log, so many of them in a while.
import { controlLimits } from "#protocols/control-limits.ts";
import type { FailureCode, FailureData } from "#protocols/failure-codes.ts";
import type { Context } from "#runtime/core/context.ts";
import type { ControlCounts } from "./control-counts.ts";

export interface RefusalPorts {
  readonly counts: ControlCounts;
  now(): number;
  log(level: "info" | "warn", message: string, fields: Readonly<Record<string, unknown>>): void;
}

type RefusalContext = Pick<Context<unknown>, "now" | "log">;

export const refusalPorts = (ctx: RefusalContext, counts: ControlCounts): RefusalPorts => ({
  counts,
  now: () => ctx.now(),
  log: (level, message, fields) => ctx.log(level, message, fields),
});

export interface RefusedCommand {
  readonly command: string;
  readonly commandId: string | null;
  readonly node: string | null;
  readonly taskId: string | null;
  /** null: nobody whom a key named. */
  readonly by: string | null;
  readonly why: FailureData;
}

const { refusalsToldMax, refusalsToldMs } = controlLimits;

/** One for each door at which is refused, so that those outside of one leave the lines of the other. */
export class RefusedCommands {
  readonly #ports: RefusalPorts;
  #untilMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  /** Since the last line. */
  #untold = 0;

  constructor(ports: RefusalPorts) {
    this.#ports = ports;
  }

  refused({ why, ...refused }: RefusedCommand): void {
    const { counts, now, log } = this.#ports;
    counts.refused(why.code);
    const nowMs = now();
    if (nowMs >= this.#untilMs) {
      this.#untilMs = nowMs + refusalsToldMs;
      this.#told = 0;
    }
    if (this.#told >= refusalsToldMax) {
      this.#untold += 1;
      counts.reached("control_refusals_told");
      return;
    }
    this.#told += 1;
    counts.stands("control_refusals_told", this.#told);
    const { code, detail } = why;
    const untold = this.#untold === 0 ? {} : { untold: this.#untold };
    log(levelOf(code), "a command was refused", { ...refused, code, detail, ...untold });
    this.#untold = 0;
  }
}

/** Who may not is worth a look; the others were mistaken, or are to come again. */
const levelOf = (code: FailureCode): "info" | "warn" => (code === "forbidden" ? "warn" : "info");
