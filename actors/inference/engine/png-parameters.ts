// Pure. The text `parameters` of a PNG, in which programs that generate pictures write how they did: Lama Cleaner
// hands it on, and no other text. It is taken as it stands and never unpacked.
import { type PngChunk, pngChunksIn } from "./png-chunk.ts";

/** Latin-1, packed, and in any alphabet: which one a program writes depends on the text. */
const textChunks: ReadonlySet<string> = new Set(["tEXt", "zTXt", "iTXt"]);
const keyword = Buffer.from("parameters\0", "latin1");
/** Of the text. Longer: it is not handed on. */
const textBytesMax = 1024 * 1024;

/** `file` must be a PNG. Undefined without one; of several the last counts, as for Pillow. */
export function pngParametersIn(file: Uint8Array): PngChunk | undefined {
  let found: PngChunk | undefined;
  for (const chunk of pngChunksIn(file, textChunks)) {
    if (keyword.equals(chunk.data.subarray(0, keyword.length))) found = chunk;
  }
  return found !== undefined && found.data.length <= textBytesMax ? found : undefined;
}
