// What the control channel has done, for metrics. It stands beside the actors, so that it counts over
// their restarts.
import { controlLimits } from "#protocols/control-limits.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import type { ControlAnswer } from "#protocols/tasks/control.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";

type Status = ControlAnswer["status"];
export type ControlBound =
  | "control_running"
  | "control_late_ends"
  | "control_asked"
  | "control_asked_per_client"
  | "control_keys_asked"
  | "control_refusals_told";

export class ControlCounts {
  readonly #ended = new Map<Status, number>();
  readonly #refused = new Map<FailureCode, number>();
  readonly #levels = new Map<ControlBound, number>();
  readonly #reached = new Map<ControlBound, number>();
  /** `again`: without asking the store. */
  readonly #keysRefused = { asked: 0, again: 0 };
  #strangers: () => Readonly<Partial<Record<string, number>>> = () => ({});
  #answersDropped = 0;
  #malformed = 0;
  #excessive = 0;

  ended(status: Status): void {
    this.#ended.set(status, (this.#ended.get(status) ?? 0) + 1);
  }

  /** A command, or a question about one, of which nothing was begun. */
  refused(code: FailureCode): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  stands(bound: ControlBound, level: number): void {
    this.#levels.set(bound, level);
  }

  reached(bound: ControlBound): void {
    this.#reached.set(bound, (this.#reached.get(bound) ?? 0) + 1);
  }

  keyRefused(how: "asked" | "again"): void {
    this.#keysRefused[how] += 1;
  }

  answerDropped(): void {
    this.#answersDropped += 1;
  }

  /** Of the endpoint that listens now. */
  countStrangers(refused: () => Readonly<Partial<Record<string, number>>>): void {
    this.#strangers = refused;
  }

  excessive(): void {
    this.#excessive += 1;
  }

  malformed(): void {
    this.#malformed += 1;
  }

  figures(): FigureSource {
    const maxima = [
      ["control_running", controlLimits.runningMax],
      ["control_late_ends", controlLimits.lateEndsMax],
      ["control_asked", controlLimits.askedMax],
      ["control_asked_per_client", controlLimits.askedPerClientMax],
      ["control_keys_asked", controlLimits.keysAskedMax],
      ["control_refusals_told", controlLimits.refusalsToldMax],
    ] as const;
    return {
      bounds: maxima.map(([bound, max]) => ({
        bound,
        max,
        highest: this.#levels.get(bound),
        reached: this.#reached.get(bound) ?? 0,
      })),
      figures: [
        {
          name: "troupe_control_commands_total",
          type: "counter",
          help: "Control commands, by how they ended.",
          samples: [...this.#ended].map(([status, value]) => ({ labels: { status }, value })),
        },
        {
          name: "troupe_control_refused_total",
          type: "counter",
          help: "Commands, and questions about them, that were refused, by the code.",
          samples: [...this.#refused].map(([code, value]) => ({ labels: { code }, value })),
        },
        {
          name: "troupe_control_keys_refused_total",
          type: "counter",
          help: "Keys from outside that were refused, by whether the store was asked (again: not).",
          samples: Object.entries(this.#keysRefused).map(([how, value]) => ({
            labels: { how },
            value,
          })),
        },
        {
          name: "troupe_control_strangers_refused_total",
          type: "counter",
          help: "Connections that the endpoint's keys kept out, by why.",
          samples: Object.entries(this.#strangers()).map(([why, value]) => ({
            labels: { why },
            value: value ?? 0,
          })),
        },
        counter("malformed", "Messages from outside that were none.", this.#malformed),
        counter("excessive", "Messages of too many frames from outside.", this.#excessive),
        counter(
          "answers_dropped",
          "Answers that their clients did not take.",
          this.#answersDropped,
        ),
      ],
    };
  }
}

const counter = (name: string, help: string, value: number) => ({
  name: `troupe_control_${name}_total`,
  type: "counter" as const,
  help,
  samples: [{ labels: {}, value }],
});
