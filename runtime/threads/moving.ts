// How a sender says that bytes move instead of being copied: it marks their buffer, right where it
// sends them. Between actors of one thread the mark changes nothing, they share memory anyway.
//
//   resize.run(moving(pixels));     // `pixels` is empty from now on
import { Failure } from "#protocols/failure.ts";

const movingMark: unique symbol = Symbol("troupe.moving");

/**
 * Marks bytes to be moved to another thread instead of copied: as an argument or a reply, or inside
 * one. Once sent, the sender's view is detached (its length is 0), at the latest when the message
 * leaves its mailbox: do not touch it again. Fails with `invalid` for a view of a part of a buffer,
 * which would take the rest along, and for shared memory, which is never copied.
 */
export function moving<T extends ArrayBuffer | ArrayBufferView>(value: T): T {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (!(buffer instanceof ArrayBuffer)) {
    throw new Failure("invalid", "shared memory is not moved: send it as it is");
  }
  if (value.byteLength !== buffer.byteLength) {
    const text = `a view of ${value.byteLength} of its buffer's ${buffer.byteLength} bytes cannot move alone; send a copy: moving(view.slice())`;
    throw new Failure("invalid", text);
  }
  Object.defineProperty(buffer, movingMark, { value: true, configurable: true });
  return value;
}

/** The bytes are to be moved. */
export const isMoving = (buffer: ArrayBuffer): boolean => movingMark in buffer;
