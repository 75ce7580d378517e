// `kill -USR2 PID`: the node says on standard error how it is at that moment. For a node that hangs or
// is slow, when nobody can wait for it to say more.
import { Failure } from "#protocols/failure.ts";
import type { Observation } from "#runtime/observation/observation.ts";
import { systemReportText } from "#runtime/observation/system-report-text.ts";

/** Answers what ends it. */
export function reportOnSignal(observation: Observation): () => void {
  const report = (): void => {
    process.stderr.write(reportOf(observation));
  };
  process.on("SIGUSR2", report);
  return () => {
    process.off("SIGUSR2", report);
  };
}

function reportOf(observation: Observation): string {
  try {
    return systemReportText(observation.inspect());
  } catch (error) {
    return `no report: ${Failure.of(error).message}\n`;
  }
}
