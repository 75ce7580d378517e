// One engine for all tests of a file, started before the first and ended after the last.
import { after, before } from "node:test";
import {
  type EngineFixture,
  type Pixels,
  pixelsOfReply,
  type Repaired,
  repairedIn,
  request,
  startEngine,
} from "./engine-fixture.ts";

export interface SharedEngine {
  /** Once the tests run. */
  fixture(): EngineFixture;
  /** The image's holes filled by the model `negative`. */
  repair(image: Uint8Array, mask: Uint8Array): Promise<Repaired>;
  repairedPixels(image: Uint8Array, mask: Uint8Array): Promise<Pixels>;
}

export function useEngine(): SharedEngine {
  let started: EngineFixture | undefined;
  const fixture = (): EngineFixture => {
    if (started) return started;
    throw new Error("the engine is there only while tests run");
  };
  before(async () => {
    started = await startEngine();
    await started.engine.ready;
  });
  after(() => started?.close());
  const repair = (image: Uint8Array, mask: Uint8Array): Promise<Repaired> =>
    fixture().engine.run(request(image, mask)).then(repairedIn);
  return {
    fixture,
    repair,
    repairedPixels: async (image, mask) => pixelsOfReply(await repair(image, mask)),
  };
}

/** The samples of one pixel. */
export const samplesAt = ({ data, width, channels }: Pixels, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x) * channels + channels),
];
