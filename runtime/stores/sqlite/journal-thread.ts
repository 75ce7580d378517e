// The thread that owns a journal's file. It takes all calls that wait, commits them together, and
// only then answers them: while one sync of the disk runs, the calls of all actors gather for the
// next. A lone call is committed at once, so grouping costs no delay.
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { bytesOf } from "#runtime/persistence/store-call.ts";
import { JournalFile } from "./journal-file.ts";
import type { JournalReport, JournalRequest, NumberedCall } from "./journal-messages.ts";

/** Without calls for this long, the thread tidies up. */
const quietMs = 1_000;

function serve(port: MessagePort, path: string): void {
  const post = (report: JournalReport) => port.postMessage(report);
  const file = openOrRefuse(path, post);
  if (!file) {
    port.close();
    return;
  }
  let quiet: NodeJS.Timeout | undefined;
  port.on("message", (first: JournalRequest) => {
    clearTimeout(quiet);
    const { calls, isClosing } = gather(port, first);
    for (const batch of batches(calls)) {
      const answers = file.run(batch.map(({ call }) => call));
      const outcomes = batch.flatMap(({ id }, index) => {
        const outcome = answers[index];
        return outcome ? [{ id, outcome }] : [];
      });
      post({ kind: "outcomes", outcomes, commits: file.commitsTotal });
    }
    if (isClosing) {
      file.close();
      port.close();
      return;
    }
    file.tend();
    quiet = setTimeout(() => file.tidy(), quietMs);
  });
  post({ kind: "opened" });
}

function openOrRefuse(
  path: string,
  post: (report: JournalReport) => void,
): JournalFile | undefined {
  try {
    return JournalFile.open({ path, nowMs: Date.now() });
  } catch (cause) {
    post({ kind: "refused", failure: Failure.of(cause).toData() });
    return undefined;
  }
}

/** The message that woke the thread and those that wait behind it, up to about one commit. */
function gather(
  port: MessagePort,
  first: JournalRequest,
): { calls: NumberedCall[]; isClosing: boolean } {
  const calls: NumberedCall[] = [];
  let bytes = 0;
  let request: JournalRequest | undefined = first;
  while (request) {
    if (request.kind === "close") return { calls, isClosing: true };
    calls.push(...request.calls);
    for (const { call } of request.calls) bytes += bytesOf(call);
    const { commitCallsMax, commitBytesMax } = persistenceLimits;
    if (calls.length >= commitCallsMax || bytes >= commitBytesMax) break;
    request = receiveMessageOnPort(port)?.message;
  }
  return { calls, isClosing: false };
}

/** One message may bring more than one commit takes. */
function* batches(calls: readonly NumberedCall[]): Iterable<readonly NumberedCall[]> {
  let batch: NumberedCall[] = [];
  let bytes = 0;
  for (const numbered of calls) {
    batch.push(numbered);
    bytes += bytesOf(numbered.call);
    const { commitCallsMax, commitBytesMax } = persistenceLimits;
    if (batch.length < commitCallsMax && bytes < commitBytesMax) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

if (!parentPort)
  throw new Error("journal-thread.ts runs as a worker thread; use SqlitePersistence");
const { path }: { readonly path: string } = workerData;
serve(parentPort, path);
