// A wire of one TCP connection of Node.js: MessagePack behind its length in four bytes.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Packr } from "msgpackr";
import type { Received, Wire } from "./wire.ts";

const lengthBytes = 4;

export async function connectedWire(port: number, received: Received): Promise<Wire> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return wireOf(socket, received);
}

/** Serves the first that connects; tells its port once it listens. */
export async function listeningWire(
  received: Received,
  listening: (port: number) => void,
): Promise<Wire> {
  const server = createServer({ noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  let wire: Wire | undefined;
  server.on("connection", (socket) => {
    wire ??= wireOf(socket, received);
  });
  listening(typeof address === "object" && address !== null ? address.port : 0);
  // Nobody is answered before he has connected and asked.
  return { send: (value) => wire?.send(value) ?? Promise.resolve() };
}

function wireOf(socket: Socket, received: Received): Wire {
  const packr = new Packr({ useRecords: true });
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = lengthBytes;
  socket.on("data", (data) => {
    pieces.push(data);
    held += data.length;
    // A frame of many pieces is put together once.
    if (held < wanted) return;
    let bytes = pieces.length === 1 ? data : Buffer.concat(pieces);
    for (;;) {
      wanted = bytes.length < lengthBytes ? lengthBytes : lengthBytes + bytes.readUInt32LE(0);
      if (bytes.length < wanted || bytes.length < lengthBytes) break;
      received(packr.unpack(bytes.subarray(lengthBytes, wanted)));
      bytes = bytes.subarray(wanted);
    }
    pieces = bytes.length > 0 ? [bytes] : [];
    held = bytes.length;
  });
  return {
    send: async (value) => {
      const body = packr.pack(value);
      const length = Buffer.allocUnsafe(lengthBytes);
      length.writeUInt32LE(body.length);
      socket.cork();
      socket.write(length);
      const hasRoom = socket.write(body);
      socket.uncork();
      if (!hasRoom) await once(socket, "drain");
    },
  };
}
