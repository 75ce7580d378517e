// Bytes as printable text, five characters for four bytes (ZeroMQ RFC 32): how CURVE keys are written
// down. Pure.

const alphabet =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const values = new Map([...alphabet].map((character, value) => [character, value]));

/** `bytes` come in fours; fails with a RangeError otherwise. */
export function encodeZ85(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) {
    throw new RangeError(`Z85 writes bytes in fours, got ${bytes.length}: pad them`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let position = 0; position < bytes.length; position += 4) {
    let rest = view.getUint32(position);
    let group = "";
    for (let place = 0; place < 5; place += 1) {
      group = `${alphabet[rest % 85] ?? ""}${group}`;
      rest = Math.floor(rest / 85);
    }
    text += group;
  }
  return text;
}

/** Undefined for what `encodeZ85` cannot have written: length, characters, values beyond 32 bits. */
export function decodeZ85(text: string): Buffer | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group += 1) {
    let number = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const value = values.get(character);
      if (value === undefined) return undefined;
      number = number * 85 + value;
    }
    if (number > 0xff_ff_ff_ff) return undefined;
    bytes.writeUInt32BE(number, group * 4);
  }
  return bytes;
}
