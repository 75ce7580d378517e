// A cluster from its start to its end as one process sees it: signals, the wish to end, exit code.
import type { ClusterEnd, ClusterLauncher } from "./cluster-launcher.ts";
import { exitCodeOf, onShutdown, type ShutdownSignal } from "./shutdown.ts";

/** Exit codes of a process that ran a cluster. */
export const clusterExitCodes = {
  ended: 0,
  /** What was to be done with the cluster failed, or nodes had to be killed. */
  failed: 1,
  /** A node ended too often, or could not start at all. */
  gaveUp: 3,
} as const;

export interface ClusterSession {
  /** Called once every node is ready. The cluster is ended after "failed" and "done". */
  ready(): Promise<"stay" | "done" | "failed">;
  signalled(signal: ShutdownSignal): void;
  ended(end: ClusterEnd): void;
}

/** Resolves with the exit code when no process is left. */
export async function runClusterSession(
  launcher: ClusterLauncher,
  session: ClusterSession,
): Promise<number> {
  let killedBy: ShutdownSignal | undefined;
  const stopListening = onShutdown({
    first: (signal) => {
      session.signalled(signal);
      launcher.drain();
    },
    again: (signal) => {
      killedBy = signal;
      launcher.kill();
    },
  });
  const ended = launcher.ended();
  const wish = await Promise.race([work(launcher, session), ended.then(() => "stay" as const)]);
  if (wish !== "stay") launcher.drain();
  const end = await ended;
  stopListening();
  session.ended(end);
  if (killedBy !== undefined) return exitCodeOf(killedBy);
  if (end.kind === "gave-up") return clusterExitCodes.gaveUp;
  const isClean = wish !== "failed" && end.killed.length === 0;
  return isClean ? clusterExitCodes.ended : clusterExitCodes.failed;
}

async function work(
  launcher: ClusterLauncher,
  session: ClusterSession,
): Promise<"stay" | "done" | "failed"> {
  if ((await launcher.start()) === "leaving") return "stay";
  return session.ready();
}
