// What a file is that ONNX Runtime cannot read, as far as its first bytes tell: its own words tell nothing.
import { open } from "node:fs/promises";

const headBytes = 64;

/** Undefined: it begins as a network might. */
export async function whatElseIsIn(file: string): Promise<string | undefined> {
  const { head, size } = await beginningOf(file);
  if (size === 0) return "the file is empty: copy it anew";
  const text = head.toString("latin1").trimStart();
  if (text.startsWith("version https://git-lfs")) {
    return "the file is a pointer of Git LFS: fetch what it stands for (git lfs pull)";
  }
  if (/^<(!doctype|html|\?xml)/i.test(text)) {
    return "the file is a web page: what was to be downloaded is not in it";
  }
  const hex = head.subarray(0, 8).toString("hex");
  if (onnxFields.has(head[0] ?? 0)) return undefined;
  return `the file (${size} bytes, starting ${hex}) is no ONNX file: export or download it anew`;
}

/** With which byte a writer of `ModelProto` begins: one of its fields 1 to 8, mostly the first. */
const onnxFields: ReadonlySet<number> = new Set([0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42]);

async function beginningOf(file: string) {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return { head: buffer.subarray(0, bytesRead), size };
  } finally {
    await handle.close();
  }
}

/** What ONNX Runtime says of bytes that make no sense to it. */
export const isUnreadable = (words: string): boolean =>
  /Protobuf parsing failed|ModelProto does not have a graph/.test(words);
