// The thread that looks at the file without changing it: checks it and copies it, which takes as long
// as the file is large. The writer goes on meanwhile.
import { Failure } from "#protocols/failure.ts";
import { type CommittedFile, serveCommits } from "#runtime/stores/sqlite/commit-service.ts";
import type { CallOutcome } from "#runtime/stores/sqlite/grouped-commit.ts";
import type { StorePolicy } from "../store-policy.ts";
import { inspect } from "./store-inspection.ts";

/** What the thread is asked. */
export interface InspectionCall {
  readonly kind: "check";
}

export interface InspectionSettings {
  readonly policy?: StorePolicy;
}

serveCommits<InspectionCall, CallOutcome, InspectionSettings>({
  open: inspecting,
  commitCallsMax: 1,
  commitBytesMax: 1,
  bytesOf: () => 0,
  buffersOf: () => [],
});

/** The file is opened for each call anew: between them nothing holds it. */
function inspecting(
  path: string,
  { policy }: InspectionSettings,
): CommittedFile<InspectionCall, CallOutcome> {
  const check = (): CallOutcome => {
    try {
      const problems = inspect({ path, nowMs: Date.now(), ...(policy && { policy }) });
      return { kind: "done", value: { problems } };
    } catch (cause) {
      return { kind: "failed", failure: Failure.of(cause).toData() };
    }
  };
  return {
    commitsTotal: 0,
    run: (calls) => calls.map(check),
    tend: () => {},
    tidy: () => {},
    close: () => {},
  };
}
