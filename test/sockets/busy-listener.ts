// A process that listens, and does something else for a while as soon as the first frame has come.
// `busy-listener.ts listen` says its address; `busy-listener.ts send ADDRESS` sends more than it reads.

import { plainSockets } from "#runtime/links/zeromq-security.ts";
import { Dialer, Listener } from "#runtime/links/zeromq-socket.ts";

const [what, address = ""] = process.argv.slice(2);
const busyMs = 2_500;

if (what === "listen") {
  let isFirst = true;
  const received = (): void => {
    if (!isFirst) return;
    isFirst = false;
    process.stdout.write("busy\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyMs);
    process.stdout.write("alive\n");
    listener.close();
  };
  const listener = await Listener.bind("tcp://127.0.0.1:*", received, plainSockets);
  process.stdout.write(`${listener.address}\n`);
} else {
  const frame = Buffer.alloc(1_000);
  const dialer: Dialer = new Dialer(
    { peer: "busy", address },
    {
      connected: () => {
        for (let count = 0; count < 1_000; count += 1) dialer.send([frame]);
      },
      disconnected: () => {},
      received: () => {},
      writable: () => {},
    },
    plainSockets,
  );
}
