// The program of one trial: loads one contender, does one work, reports, ends.
//
//   trial-process.ts <contender module> <order as JSON>
import { pathToFileURL } from "node:url";
import type { Round } from "../harness.ts";
import type { Contender } from "./contender.ts";
import { runTrial, type TrialOrder } from "./trial.ts";

export type TrialAnswer =
  | { readonly kind: "done"; readonly round: Round }
  | { readonly kind: "failed"; readonly reason: string };

const answer = (message: TrialAnswer): void => {
  process.send?.(message, () => process.disconnect());
};

const [, , module = "", order = "{}"] = process.argv;
process.on("disconnect", () => process.exit());
try {
  const parsed: TrialOrder = JSON.parse(order);
  const contender: Contender = await import(pathToFileURL(module).href);
  answer({ kind: "done", round: await runTrial(contender, parsed) });
} catch (error) {
  answer({ kind: "failed", reason: error instanceof Error ? (error.stack ?? "") : String(error) });
}
