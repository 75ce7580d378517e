// What MessagePack leaves to its users: how values that it does not know stand on the wire.

/** Extension types on the wire. The first four are msgpackr's or MessagePack's own. */
export const extensionTypes = {
  undefined: 0x00,
  bigInt: 0x42,
  record: 0x72,
  set: 0x73,
  date: 0xff,
  /** A byte array in a frame of its own; the value is its position among the payloads. */
  payload: 0x50,
  /** A ref; the value is [node name, incarnation, path, uid, protocol id]. */
  ref: 0x52,
} as const;
