// A loopback port for a program that wants to be told its port: free now, and not taken by chance until it listens.
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that systems hand out (from 32768 on Linux): a node that binds `*`, and every connection, takes one
 * of those, and could take a port that was tried and given back.
 */
const portMin = 20_000;
const portEnd = 32_000;
/** Processes that run side by side begin apart from each other. */
const portsOfAProcess = 24;

let next = portMin + ((process.pid * portsOfAProcess) % (portEnd - portMin));

/** A port that nobody listens on at 127.0.0.1; never one that this process got before, until all were tried. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portEnd - portMin; tries += 1) {
    const port = next;
    next = port + 1 < portEnd ? port + 1 : portMin;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${portMin} to ${portEnd - 1} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
