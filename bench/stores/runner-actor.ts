// The worker of Troupe's contenders: an actor on a node of its own, in a process of its own, and the
// actor beside the store to which it reports.
import type { Ref } from "#protocols/actor-ref.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/index.ts";
import type { Dispatcher, JobReport } from "./dispatcher.ts";
import { answerTo } from "./job.ts";

export interface Reports {
  /** The runner is there. */
  ready(): void;
  reported(reports: readonly JobReport[]): void;
}
export const Reports = protocol<Reports>("bench.Reports@1", { ready: tell, reported: tell });

export interface Runner {
  run(leases: readonly TaskLease[]): void;
}
export const Runner = protocol<Runner>("bench.Runner@1", { run: tell });

export class RunnerActor extends Actor<Runner> implements Handlers<Runner> {
  static readonly protocol = Runner;
  #reports: Ref<Reports> | undefined;

  override async start(): Promise<void> {
    this.#reports = await this.ctx.lookup(Reports, "reports");
    await this.ctx.register("runner");
    this.#reports.ready();
  }

  run(leases: readonly TaskLease[]): void {
    this.#reports?.reported(leases.map(reportOf));
  }
}

function reportOf({ epoch, fence, parameters, taskId }: TaskLease): JobReport {
  const [number, height] = [Number(parameters.number), Number(parameters.height)];
  return { lease: { taskId, fence, epoch }, number, answer: answerTo({ number, height }) };
}

export interface ReportsArguments {
  /** Called once the runner is there, with how it is reached. */
  readonly found: (runner: Ref<Runner>) => void;
  readonly dispatcher: () => Dispatcher | undefined;
}

export class ReportsActor extends Actor<Reports, ReportsArguments> implements Handlers<Reports> {
  static readonly protocol = Reports;
  static initial = (args: ReportsArguments): ReportsArguments => args;

  override async start(): Promise<void> {
    await this.ctx.register("reports");
  }

  async ready(): Promise<void> {
    this.state.found(await this.ctx.lookup(Runner, "runner"));
  }

  reported(reports: readonly JobReport[]): void {
    this.state.dispatcher()?.reported(reports);
  }
}
