// The program of one trial: loads one contender, does one work, reports, ends.
//
//   trial-process.ts <contender module> <order as JSON> [<file for a V8 profile>]
//
// The profile is taken from within: node's own option would profile the loader's thread as well, into
// the same file.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";
import type { Round } from "../contest.ts";
import { runTrial, type TrialOrder, type Workshop } from "./trial.ts";

export type TrialAnswer =
  | { readonly kind: "done"; readonly round: Round }
  | { readonly kind: "failed"; readonly reason: string };

const answer = (message: TrialAnswer): void => {
  process.send?.(message, () => process.disconnect());
};

async function profiled<T>(file: string, work: () => Promise<T>): Promise<T> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  const result = await work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(file, JSON.stringify(profile));
  return result;
}

const [, , module = "", order = "{}", profileFile] = process.argv;
process.on("disconnect", () => process.exit());
try {
  const parsed: TrialOrder = JSON.parse(order);
  const contender: Workshop = await import(pathToFileURL(module).href);
  const trial = (): Promise<Round> => runTrial(contender, parsed);
  const round = await (profileFile === undefined ? trial() : profiled(profileFile, trial));
  answer({ kind: "done", round });
} catch (error) {
  answer({ kind: "failed", reason: error instanceof Error ? (error.stack ?? "") : String(error) });
}
