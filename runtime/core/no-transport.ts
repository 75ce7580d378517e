// The transport of a system without links: it knows no other node.
import type { Transport } from "./ports.ts";

export const noTransport: Transport = {
  send: () => "not_found",
  released: () => {},
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};
