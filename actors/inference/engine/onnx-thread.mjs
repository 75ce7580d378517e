// Runs in a worker thread of the engine process: loads networks into ONNX Runtime and runs them, one after
// the other in the order asked. A run blocks this thread and no other. Plain JavaScript, because worker
// threads start without a TypeScript loader; `run-threads.ts` has the types of what is said here.
//
// A session keeps all the memory that its largest run took. One large picture would so be paid for as long as
// the engine lives: in a pause, or after runs beside which that is nothing, all sessions are begun anew, from the
// same files, once that is worth it.
import { stat } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { env, InferenceSession, Tensor } from "onnxruntime-node";

const { pauseMs, swollenFactor, swollenBytes } = workerData;
/** By network: the session, what it was loaded by, and which file that was. */
const loaded = new Map();
/** Resident bytes of the process when all was warm. */
let warmBytes = Number.POSITIVE_INFINITY;
/** What the last renewal left is not the sessions': it is not worth another one. */
let leftBytes = 0;
let pause;
/** A thread that is never idle gives memory back, too: a renewal may cost one part in so many of its time. */
const runsPerRenewal = 20;
/**
 * Milliseconds that the last renewal took, and those of runs since. What one costs is only known from the first,
 * which is free: a process's first load takes much longer than one from files that were just read.
 */
let renewalMs = 0;
let ranMs = 0;

async function begin({ file, intraOp, interOp, provider }) {
  return InferenceSession.create(file, {
    executionProviders: [provider],
    intraOpNumThreads: intraOp,
    interOpNumThreads: interOp,
    executionMode: interOp > 1 ? "parallel" : "sequential",
    logSeverityLevel: 3,
  });
}

async function identityOf({ file }) {
  const { dev, ino, size, mtimeMs } = await stat(file);
  return [dev, ino, size, mtimeMs].join();
}

const residentBytes = () => process.memoryUsage.rss();

const acts = {
  async load(order) {
    const session = await begin(order);
    const identity = await identityOf(order);
    loaded.set(order.network, { session, order, identity });
    const { inputMetadata: inputs, outputMetadata: outputs } = session;
    return { inputs, outputs, version: env.versions.node ?? env.versions.common };
  },

  async warmed() {
    warmBytes = residentBytes();
  },

  async run({ network, feeds }) {
    const tensors = feeds.map(([name, { type, data, shape }]) => [
      name,
      new Tensor(type, data, shape),
    ]);
    const { session } = loaded.get(network);
    const startedAt = performance.now();
    const answer = await session.run(Object.fromEntries(tensors));
    const ms = performance.now() - startedAt;
    ranMs += ms;
    const values = Object.entries(answer).map(([name, { type, dims, data }]) => {
      return [name, { type, shape: dims, data }];
    });
    return { values, ms };
  },

  async close({ network }) {
    const closing = loaded.get(network);
    loaded.delete(network);
    await closing?.session.release();
  },
};

/** Texts come as a plain array, which has no buffer. */
const buffersOf = ({ values = [] }) =>
  new Set(values.flatMap(([, { data }]) => (ArrayBuffer.isView(data) ? data.buffer : [])));

async function answer(order) {
  const { id, kind } = order;
  try {
    const value = (await acts[kind](order)) ?? {};
    parentPort.postMessage({ id, value }, [...buffersOf(value)]);
  } catch (cause) {
    // Some texts of ONNX Runtime end with a newline.
    const error = (cause instanceof Error ? cause.message : String(cause)).trim();
    parentPort.postMessage({ id, error });
  }
}

const isSwollen = () =>
  residentBytes() > Math.max(warmBytes * swollenFactor, leftBytes) + swollenBytes;

/** The next one is there before the old one goes; when it cannot be, or would be another, that one stays. */
async function renew(one) {
  try {
    if ((await identityOf(one.order)) !== one.identity) return;
    const old = one.session;
    one.session = await begin(one.order);
    await old.release();
  } catch (cause) {
    console.error(`a session was not begun anew: ${cause.message}`);
  }
}

async function renewSwollen() {
  if (!isSwollen()) return;
  const startedAt = performance.now();
  for (const one of loaded.values()) await renew(one);
  renewalMs = performance.now() - startedAt;
  ranMs = 0;
  leftBytes = residentBytes();
}

// One after the other: what loads may give way to a run.
let last = Promise.resolve();
const next = (act) => {
  last = last.then(act);
};
parentPort.on("message", (order) => {
  next(() => answer(order));
  clearTimeout(pause);
  next(async () => {
    if (ranMs >= runsPerRenewal * renewalMs) await renewSwollen();
    clearTimeout(pause);
    pause = setTimeout(() => next(renewSwollen), pauseMs);
  });
});
