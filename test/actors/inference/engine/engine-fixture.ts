// Starts real engine processes for the tests, and makes the requests that most of them send.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { EngineProcess } from "#actors/inference/engine-process.ts";
import type { RunReply, RunRequest } from "#actors/inference/engine-request.ts";
import type { EngineSpec } from "#actors/inference/engine-spec.ts";
import { Failure } from "#protocols/failure.ts";
import { endlessModel, negativeModel, writeModel } from "./onnx-file.ts";

export interface EngineFixture {
  readonly folder: string;
  readonly engine: EngineProcess;
  /** Why the engine ended, each time it was told. */
  readonly exits: Failure[];
  readonly ways: ("lost" | "broken off")[];
  /** The first end, when it comes. */
  readonly exited: Promise<Failure>;
  close(): Promise<void>;
}

export const testFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "troupe-test-engine-"));

/** An engine with the models `negative` and `endless`, and a temporary folder around it. */
export async function startEngine(overrides: Partial<EngineSpec> = {}): Promise<EngineFixture> {
  const folder = await testFolder();
  const models = [
    { name: "negative", folder: await writeModel(folder, "negative", negativeModel()) },
    { name: "endless", folder: await writeModel(folder, "endless", endlessModel()) },
  ];
  const exits: Failure[] = [];
  const ways: ("lost" | "broken off")[] = [];
  let tell: (why: Failure) => void = () => undefined;
  const exited = new Promise<Failure>((resolve) => {
    tell = resolve;
  });
  const engine = EngineProcess.start(
    { models, threads: 1, startTimeoutMs: 30_000, runTimeoutMs: 30_000, ...overrides },
    {
      exited: (why, how) => {
        exits.push(why);
        ways.push(how);
        tell(why);
      },
    },
  );
  const close = async () => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, engine, exits, ways, exited, close };
}

/** The engine is stopped after the test, and its process has ended then. */
export async function withEngine(
  overrides: Parameters<typeof startEngine>[0],
  test: (fixture: EngineFixture) => Promise<void>,
): Promise<void> {
  const fixture = await startEngine(overrides);
  try {
    await test(fixture);
  } finally {
    await fixture.close();
  }
  assert.equal(await processFacts(fixture.engine.pid), undefined, "the process is gone");
}

const parameters = {
  hdStrategy: "Original",
  hdStrategyCropMargin: 32,
  hdStrategyCropTrigerSize: 800,
  hdStrategyResizeLimit: 1280,
};

/** A repair; `parameters` are added to those that have it done as a whole. */
export const request = (
  image: Uint8Array,
  mask: Uint8Array,
  overrides: Partial<RunRequest> = {},
): RunRequest => ({
  model: "negative",
  files: [
    { name: "image", bytes: image },
    { name: "mask", bytes: mask },
  ],
  ...overrides,
  parameters: { ...parameters, ...overrides.parameters },
});

/** The only file of an answer, with what is told of it. */
export interface Repaired {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly times: RunReply["times"];
}

export function repairedIn({ files, figures, times }: RunReply): Repaired {
  const [file, ...others] = files;
  assert.ok(file);
  assert.deepEqual([file.name, others.length], ["image", 0]);
  const { width, height, format } = figures;
  assert.ok(typeof width === "number" && typeof height === "number" && typeof format === "string");
  return { bytes: file.bytes, contentType: file.contentType, width, height, format, times };
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

export async function pixelsOf(file: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** A row of samples as a picture that sharp can encode. */
export const picture = (
  width: number,
  height: number,
  channels: 1 | 3 | 4,
  data: Uint8Array,
): Sharp => sharp(data, { raw: { width, height, channels } });

/** Samples without a pattern, the same each time. */
export function noise(length: number): Uint8Array {
  let seed = 1;
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed >>> 24;
  });
}

/** A grey PNG mask of one value for all pixels, or of those given. */
export function greyMask(
  width: number,
  height: number,
  value: number | Uint8Array,
): Promise<Buffer> {
  const data = typeof value === "number" ? new Uint8Array(width * height).fill(value) : value;
  return picture(width, height, 1, data).png().toBuffer();
}

/** The failure that the promise rejects with; it must be of that code. */
export async function refusal(code: Failure["code"], reply: Promise<unknown>): Promise<Failure> {
  try {
    await reply;
  } catch (cause) {
    assert.ok(cause instanceof Failure, `not a Failure: ${String(cause)}`);
    assert.equal(cause.code, code, cause.message);
    return cause;
  }
  throw new Error(`expected ${code}, but there was an answer`);
}

/** The file of a reply, checked against what it says of itself. */
export async function pixelsOfReply(reply: Repaired): Promise<Pixels> {
  const pixels = await pixelsOf(reply.bytes);
  assert.deepEqual([pixels.width, pixels.height], [reply.width, reply.height]);
  return pixels;
}

/** Polls, because the end and the load of a foreign process are no events. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, "waited 15 seconds in vain");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** State letter and processor time of the main thread in ms, or undefined when it has ended. */
export async function processFacts(
  pid: number,
): Promise<{ readonly state: string; readonly cpuMs: number } | undefined> {
  try {
    const [state = "", ...fields] = await statOf(`/proc/${pid}/task/${pid}/stat`);
    return state === "Z" ? undefined : { state, cpuMs: Number(fields[10]) * 10 };
  } catch {
    return undefined;
  }
}

/** Processor time that all threads of a process have used for themselves, in milliseconds. */
export async function processorMs(pid: number): Promise<number> {
  return Number((await statOf(`/proc/${pid}/stat`))[11]) * 10;
}

/** State, parent, …: what follows the command, which may hold anything but ends at the last ")". */
async function statOf(path: string): Promise<readonly string[]> {
  const stat = await readFile(path, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
