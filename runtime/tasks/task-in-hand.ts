// What a handler holds of its task: how it is told to stop, says how far it is, and asks people.
import { noticeOf, userConfirmationOf } from "./ask-person.ts";
import { refOf } from "./held-leases.ts";
import type { ProgressDesk } from "./progress-desk.ts";
import type { AskingAttempt, QuestionDesk } from "./question-desk.ts";
import type { TaskInHand } from "./task-handler.ts";

export interface WorkerDesks {
  readonly progress: Pick<ProgressDesk, "report">;
  readonly questions: Pick<QuestionDesk, "ask">;
}

export function taskInHand(attempt: AskingAttempt, desks: WorkerDesks): TaskInHand {
  const { lease, signal } = attempt;
  const ref = refOf(lease);
  const ask: TaskInHand["confirm"] = (question) => desks.questions.ask(attempt, question);
  return {
    signal,
    progress(share, { message = null, checkpoint, reset = false } = {}) {
      const kept = {
        ...(checkpoint !== undefined && { checkpoint }),
        ...(reset && { isReset: true }),
      };
      if (!signal.aborted) desks.progress.report(ref, { progress: share, message, ...kept });
    },
    confirm: ask,
    notifyUser: async (told, whom) => userConfirmationOf(await ask(noticeOf(told, whom))),
  };
}
