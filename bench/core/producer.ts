// One producer outside of any actor: after so many messages it lets the event loop go round, as a
// reader of sockets would.

export const messagesPerTurn = 1_000;

export async function produce(count: number, send: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; ) {
    const end = Math.min(count, index + messagesPerTurn);
    for (; index < end; index += 1) send(index);
    await new Promise(setImmediate);
  }
}

/** The same pseudo-random walk over `size` places for every contender (xorshift32). */
export function scatteredPlaces(size: number): Uint32Array {
  const places = new Uint32Array(1 << 20);
  let state = 0x9e3779b9;
  for (let index = 0; index < places.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    places[index] = (state >>> 0) % size;
  }
  return places;
}
