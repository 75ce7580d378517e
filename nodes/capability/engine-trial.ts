// Starts an engine process with one model, as a worker would, and ends it: what loads there can be used on
// this machine. Its own process, since what is loaded may crash it.
import { EngineProcess } from "#actors/inference/engine-process.ts";
import type { EngineReady } from "#actors/inference/engine-spec.ts";

/** As long as a worker gives it. */
const startTimeoutMs = 60_000;

/**
 * What the engine told when it was ready. Takes as long as loading the model and running it once; fails as
 * `EngineProcess.ready`.
 */
export async function triedEngine(name: string, folder: string): Promise<EngineReady> {
  const times = { startTimeoutMs, runTimeoutMs: startTimeoutMs };
  const spec = { models: [{ name, folder, version: 1 }], threads: 1, ...times };
  const engine = EngineProcess.start(spec, { exited: () => undefined });
  try {
    return await engine.ready;
  } finally {
    await engine.stop();
  }
}
