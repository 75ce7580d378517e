// Collects a request's body. Its size is checked when it is announced and while it arrives, so that
// no client makes the gateway hold more than its limit.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Permit } from "./admission.ts";

export type BodyRead =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly failure: Failure };

/** The part of a server's connection that a body comes from. */
export interface BodySource {
  /** `chunk` is valid during the call only. */
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
}

const nothing: BodyRead = { kind: "read", bytes: new Uint8Array(0) };

/** Settles when the body is whole or refused, or when `signal` says that the client left. */
export function readBody(
  socket: BodySource,
  headers: ReadonlyMap<string, string>,
  permit: Permit,
  signal: AbortSignal,
): Promise<BodyRead> {
  const announced = Number(headers.get("content-length") ?? 0);
  if (announced === 0 && !headers.has("transfer-encoding")) return Promise.resolve(nothing);
  if (announced > limits.httpBodyBytesMax) return Promise.resolve(tooLarge(announced));
  if (!permit.reserve(announced)) return Promise.resolve(full);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(nothing), { once: true });
    collect(socket, announced, permit, resolve);
  });
}

function collect(
  socket: BodySource,
  announced: number,
  permit: Permit,
  resolve: (body: BodyRead) => void,
): void {
  // Nothing of it is touched, so takes memory, before it arrives.
  let bytes = new Uint8Array(Buffer.allocUnsafeSlow(announced).buffer);
  let size = 0;
  let reserved = announced;
  let isOver = false;
  const end = (body: BodyRead): void => {
    isOver = true;
    bytes = new Uint8Array(0);
    resolve(body);
  };
  socket.onData((chunk, isLast) => {
    if (isOver) return;
    const offset = size;
    size += chunk.byteLength;
    if (size > limits.httpBodyBytesMax) return end(tooLarge(size));
    if (size > reserved && !permit.reserve(size - reserved)) return end(full);
    reserved = Math.max(reserved, size);
    if (size > bytes.byteLength) bytes = enlarged(bytes, size);
    // The chunk is taken away after this call, so it is copied.
    bytes.set(new Uint8Array(chunk), offset);
    if (isLast) end({ kind: "read", bytes: bytes.subarray(0, size) });
  });
}

/** Twice as large, so that a body of unknown size is copied about once more. */
function enlarged(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(size, 2 * bytes.byteLength));
  larger.set(bytes);
  return larger;
}

const tooLarge = (bytes: number): BodyRead => ({
  kind: "refused",
  failure: new Failure(
    "too_large",
    `The request has ${bytes} bytes or more; at most ${limits.httpBodyBytesMax} are taken. Send a smaller image.`,
  ),
});

const full: BodyRead = {
  kind: "refused",
  failure: new Failure(
    "unavailable",
    "This gateway holds as many uploads as it can. Come again in a moment.",
  ),
};
