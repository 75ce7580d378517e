// The listening end of the TCP connection by hand.
import { farDetail, farRole, sayAddress } from "../../far-process.ts";
import { listeningWire } from "../../net-wire.ts";
import { serveWire } from "../../wire.ts";

await serveWire(
  farRole,
  (received) => listeningWire(received, (port) => sayAddress(String(port))),
  Number(farDetail),
);
