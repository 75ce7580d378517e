// The Carrier port on ZeroMQ sockets: tcp, ipc and inproc.
import type { Carrier } from "./carrier.ts";
import { Dialer, Listener } from "./zeromq-socket.ts";

export const zeromqCarrier: Carrier = {
  listen: (address, received) => Listener.bind(address, received),
  dial: (address, events) => new Dialer(address, events),
};
