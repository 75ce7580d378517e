// The bound socket of zeromq.js by hand.
import { farDetail, farRole, sayAddress } from "../../far-process.ts";
import { serveWire } from "../../wire.ts";
import { routerWire } from "../../zeromq-wire.ts";

await serveWire(farRole, (received) => routerWire(received, sayAddress), Number(farDetail));
