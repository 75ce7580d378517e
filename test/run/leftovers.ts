// What a test run left behind. Its processes are known by a mark in their environment, which every
// child inherits, and by their session; never by a name. A listening socket lives as long as its
// process, so a run without processes has no sockets.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** The variable that marks all processes of one run. */
export const runMark = "TROUPE_TEST_RUN";

export interface LeftProcess {
  readonly pid: number;
  readonly command: string;
  /** How many sockets it listens on. */
  readonly listening: number;
}

/** Whether this system shows processes as files; without them leftovers cannot be told. */
export const canTellProcesses = process.platform === "linux";

/**
 * Processes of the run that are still there after `patienceMs`, in which those that are about to
 * end may do so.
 */
export async function leftProcesses(
  run: { readonly mark: string; readonly session: number },
  patienceMs: number,
): Promise<readonly LeftProcess[]> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const left = pids().filter((pid) => isOfRun(pid, run));
    if (left.length === 0 || performance.now() >= until) return left.map(described);
    await wait(50);
  }
}

const pids = (): readonly number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);

function isOfRun(pid: number, run: { readonly mark: string; readonly session: number }): boolean {
  if (!isRunning(pid)) return false;
  if (Number(statusOf(pid)[3]) === run.session) return true;
  return read(`/proc/${pid}/environ`).split("\0").includes(`${runMark}=${run.mark}`);
}

/** Neither gone nor a zombie: an ended process that its parent has not yet asked for. */
export function isRunning(pid: number): boolean {
  const [state = ""] = statusOf(pid);
  return state !== "" && state !== "Z" && state !== "X";
}

/** State, parent, group, session, … */
const statusOf = (pid: number): readonly string[] =>
  // Before them stands "pid (command) "; the command may hold anything but ends at the last ")".
  afterLast(read(`/proc/${pid}/stat`), ") ").split(" ");

function described(pid: number): LeftProcess {
  const command = read(`/proc/${pid}/cmdline`).split("\0").join(" ").trim();
  return { pid, command: command.slice(0, 200), listening: listeningSockets(pid) };
}

function listeningSockets(pid: number): number {
  const inodes = new Set(["tcp", "tcp6"].flatMap((table) => listeningInodes(pid, table)));
  return descriptors(pid).filter((target) => inodes.has(target)).length;
}

/** Sockets in the state LISTEN (0A), as the descriptors of a process name them. */
const listeningInodes = (pid: number, table: string): readonly string[] =>
  read(`/proc/${pid}/net/${table}`)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === "0A")
    .map((columns) => `socket:[${columns[9]}]`);

function descriptors(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    // It ended, or closed one, while we looked.
    return [];
  }
}

/** A file of /proc; empty when the process has ended or belongs to someone else. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const afterLast = (text: string, mark: string): string => {
  const index = text.lastIndexOf(mark);
  return index < 0 ? "" : text.slice(index + mark.length);
};
