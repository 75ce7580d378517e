// Scripts of engines by version, which a test may change while it goes on.
import { type EngineScript, plainScript } from "#actors/inference/scripted/engine-script.ts";
import type { EngineScripts } from "#actors/inference/scripted/scripted-engine.ts";

type Unloadable = NonNullable<EngineScript["unloadable"]>;

export class VersionScripts implements EngineScripts {
  loadMs = 1_000;
  runMs = 100;
  requestsMax = 64;
  runs: EngineScript["runs"] = [];
  /** Versions that cannot be loaded, by number. */
  readonly unloadable = new Map<number, Unloadable>();
  /** Milliseconds until the engine of that version is lost after it was ready; taken once each. */
  readonly losses = new Map<number, number[]>();
  /** How many live, and how many there were. */
  alive = 0;
  started = 0;

  of({ version = 1 }: { readonly version?: number }): EngineScript {
    const lostAfterMs = this.losses.get(version)?.shift();
    const now = (): VersionScripts => this;
    return {
      ...plainScript,
      loadMs: this.loadMs,
      get runMs() {
        return now().runMs;
      },
      get runs() {
        return now().runs;
      },
      requestsMax: this.requestsMax,
      lostAfterMs,
      get unloadable() {
        return now().unloadable.get(version);
      },
    };
  }

  counted(change: 1 | -1): void {
    this.alive += change;
    if (change > 0) this.started += 1;
  }
}
