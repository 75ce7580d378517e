// The Random port on Node.js: the seeded generator, seeded by the operating system. For jitter and
// choice; keys and tokens come from node:crypto itself.
import { randomBytes } from "node:crypto";
import type { Random } from "#runtime/core/ports.ts";
import { SeededRandom } from "#runtime/core/random.ts";

export function nodeRandom(): Random {
  const bytes = randomBytes(16);
  return new SeededRandom([
    bytes.readUInt32LE(0),
    bytes.readUInt32LE(4),
    bytes.readUInt32LE(8),
    bytes.readUInt32LE(12),
  ]);
}
