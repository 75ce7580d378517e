// Runs in a worker thread of the engine process: loads networks into ONNX Runtime and runs them, one after
// the other in the order asked. A run blocks this thread and no other. Plain JavaScript, because worker
// threads start without a TypeScript loader; `run-threads.ts` has the types of what is said here.
import { parentPort } from "node:worker_threads";
import { env, InferenceSession, Tensor } from "onnxruntime-node";

const sessions = new Map();

const acts = {
  async load({ file, network, intraOp, interOp, provider }) {
    const session = await InferenceSession.create(file, {
      executionProviders: [provider],
      intraOpNumThreads: intraOp,
      interOpNumThreads: interOp,
      executionMode: interOp > 1 ? "parallel" : "sequential",
      logSeverityLevel: 3,
    });
    sessions.set(network, session);
    const { inputMetadata: inputs, outputMetadata: outputs } = session;
    return { inputs, outputs, version: env.versions.node ?? env.versions.common };
  },

  async run({ network, feeds }) {
    const tensors = feeds.map(([name, { type, data, shape }]) => [
      name,
      new Tensor(type, data, shape),
    ]);
    const startedAt = performance.now();
    const answer = await sessions.get(network).run(Object.fromEntries(tensors));
    const ms = performance.now() - startedAt;
    const values = Object.entries(answer).map(([name, { type, dims, data }]) => {
      return [name, { type, shape: dims, data }];
    });
    return { values, ms };
  },

  async close({ network }) {
    await sessions.get(network)?.release();
    sessions.delete(network);
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

// One after the other: what loads may give way to a run.
let last = Promise.resolve();
parentPort.on("message", (order) => {
  last = last.then(() => answer(order));
});
