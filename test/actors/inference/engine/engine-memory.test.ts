// What a real engine holds of its requests once they are answered. Linux only: elsewhere a process does not tell
// what it holds alone.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { it } from "node:test";
import { greyMask, noise, picture, request, withEngine } from "./engine-fixture.ts";

const side = 128;
const image = await picture(side, side, 3, noise(side * side * 3))
  .png()
  .toBuffer();
const mask = await greyMask(side, side, 255);
const inFlight = 8;
const counted = 800;
const rounds = 4;

const skip = existsSync("/proc/self/status") ? false : "there is no /proc";

it("an engine does not keep the files that it has answered", { skip }, () =>
  withEngine({}, async ({ engine }) => {
    await engine.ready;
    const repairs = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += inFlight) {
        await Promise.all(Array.from({ length: inFlight }, () => engine.run(request(image, mask))));
      }
    };
    await repairs(counted / 2);
    // Garbage that V8 has not collected is some kilobytes a request, and a heap may take room once and keep it; each
    // file is as large as the picture, and files that are kept cost it in every round.
    const bytesMax = (counted * image.byteLength) / 2;
    const grown: number[] = [];
    do {
      const before = ownBytes(engine.pid);
      await repairs(counted);
      grown.push(ownBytes(engine.pid) - before);
    } while (Math.min(...grown) >= bytesMax && grown.length < rounds);
    assert.ok(
      Math.min(...grown) < bytesMax,
      `${grown.join(", ")} bytes more after ${counted} of ${image.byteLength} each`,
    );
  }),
);

function ownBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
