// What the exit code of `troupe` says.
import { clusterExitCodes } from "../launch/cluster-session.ts";

export const exitCodes = {
  done: clusterExitCodes.ended,
  failed: clusterExitCodes.failed,
  /** The command line or the topology file is wrong; nothing was started. */
  refused: 2,
  gaveUp: clusterExitCodes.gaveUp,
  /** Some pictures of a folder could not be repaired. */
  partly: 4,
} as const;

export const exitCodesHelp = `
Exit codes:
  0    done
  1    failed: nobody answers, a port is taken, the picture could not be repaired,
       or nodes had to be killed
  2    the command line or the topology file is wrong; nothing was started
  3    a node ended too often, or could not start at all
  4    of a folder some pictures could not be repaired
  130  ended at once by a second Ctrl-C, or a repair by the first one
       (143 by SIGTERM, 129 by SIGHUP)`;
