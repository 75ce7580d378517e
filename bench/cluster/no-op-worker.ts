// A worker whose tasks are nothing but an answer: what a task costs is then the cluster's own.
import { type TaskHandlers, TaskWorker, type WorkerTerms } from "#runtime/index.ts";
import { answerTo } from "../stores/job.ts";

export const noOpModel = "no-op";

export default class NoOpWorker extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => args;

  protected readonly handlers: TaskHandlers = {
    [noOpModel]: ({ parameters: { height, number } }) => {
      const answer = answerTo({ number: Number(number), height: Number(height) });
      return { figures: { answer }, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return [noOpModel];
  }
}
