// The Carrier port on ZeroMQ sockets: tcp, ipc and inproc, with keys or without.
import type { Carrier } from "./carrier.ts";
import type { SocketSecurity } from "./zeromq-security.ts";
import { Dialer, Listener } from "./zeromq-socket.ts";

export const zeromqCarrier = (security: SocketSecurity): Carrier => ({
  listen: (address, received) => Listener.bind(address, received, security),
  dial: (target, events) => new Dialer(target, events, security),
});
