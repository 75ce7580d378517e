// The thread that owns the database. It takes all calls that wait, commits them together, and only
// then answers them: while one sync of the disk runs, the next batch gathers by itself. A lone call
// is committed at once, so grouping costs no delay.
//
//   calls:   a │ b c d e │ f
//   commits: ──a────────bcde──────f──
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { nanoid } from "nanoid";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { StoreClock } from "./store-clock.ts";
import {
  filesBytes,
  filesIn,
  type StoreAnswer,
  type ThreadReport,
  type ThreadRequest,
} from "./store-command.ts";

type Call = Extract<ThreadRequest, { kind: "call" }>;

/** Without calls for this long, the thread tidies up. */
const quietMs = 1_000;
/** Bytes of files in one transaction; the call that passes it is still taken. The rest waits. */
const batchBytesMax = limits.payloadBytesMax;

function serve(port: MessagePort, path: string): void {
  const clock = new StoreClock();
  const now = () => clock.read({ wallMs: Date.now(), monotonicMs: performance.now() });
  const post = (report: ThreadReport, transfers: readonly ArrayBuffer[] = []) =>
    port.postMessage(report, transfers);
  const store = openOrRefuse(path, now(), post);
  if (!store) {
    port.close();
    return;
  }
  let quiet: NodeJS.Timeout | undefined;
  port.on("message", (first: ThreadRequest) => {
    clearTimeout(quiet);
    const { calls, isClosing } = gather(port, first);
    const nowMs = now();
    if (calls.length > 0) {
      const values = store.run(
        calls.map(({ command }) => command),
        nowMs,
      );
      const answers = calls.flatMap(({ id }, index) => {
        const answer = values[index];
        return answer ? [{ id, answer }] : [];
      });
      const transfers = [...new Set(values.flatMap(buffersOf))];
      post({ kind: "answers", answers, commits: store.commitsTotal }, transfers);
    }
    if (isClosing) {
      store.close();
      port.close();
      return;
    }
    store.tend(nowMs);
    quiet = setTimeout(() => store.tidy(), quietMs);
  });
  post({ kind: "opened" });
}

function openOrRefuse(
  path: string,
  nowMs: number,
  post: (report: ThreadReport) => void,
): SqliteStore | undefined {
  try {
    return SqliteStore.open({ path, nowMs, makeId: nanoid });
  } catch (cause) {
    post({ kind: "refused", failure: Failure.of(cause).toData() });
    return undefined;
  }
}

/** The message that woke the thread and whatever waits behind it, up to one batch. */
function gather(port: MessagePort, first: ThreadRequest): { calls: Call[]; isClosing: boolean } {
  const calls: Call[] = [];
  let bytes = 0;
  let request: ThreadRequest | undefined = first;
  while (request) {
    if (request.kind === "close") return { calls, isClosing: true };
    calls.push(request);
    bytes += filesBytes(request.command);
    if (calls.length >= limits.storeBatchItemsMax || bytes >= batchBytesMax) break;
    request = receiveMessageOnPort(port)?.message;
  }
  return { calls, isClosing: false };
}

/** The buffers of an answer's files; they move to the caller instead of being copied. */
const buffersOf = (answer: StoreAnswer): readonly ArrayBuffer[] =>
  answer.kind === "failed"
    ? []
    : filesIn(answer.value)
        .map((file) => file.bytes.buffer)
        .filter((buffer) => buffer instanceof ArrayBuffer);

if (!parentPort) throw new Error("writer-thread.ts runs as a worker thread only; use StoreThread");
const { path }: { readonly path: string } = workerData;
serve(parentPort, path);
