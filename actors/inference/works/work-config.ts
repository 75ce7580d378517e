// Pure. What `config.json` says to one kind of work.
import { Failure } from "#protocols/failure.ts";
import { firstMisfit, type ValueProblem } from "#protocols/value-misfit.ts";
import type { ModelFolder } from "../engine/model-folder.ts";

interface Check<T> {
  Check(value: unknown): value is T;
  Errors(value: unknown): readonly ValueProblem[];
}

/** Fails with `invalid`, naming the file, the key and what is wrong with it. */
export function configIn<T>(
  { config, configFile }: Pick<ModelFolder, "config" | "configFile">,
  check: Check<T>,
): T {
  if (check.Check(config)) return config;
  const { path, why } = firstMisfit(check.Errors(config), config);
  throw new Failure("invalid", `${configFile}: ${path || "/"} ${why}`);
}
