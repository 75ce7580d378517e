// Which addresses a node may bind and dial as long as links have no keys: those that only processes
// of the same machine can reach. Pure.

const loopbackTcp = /^tcp:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost):(\*|\d{1,5})$/;
const ipc = /^ipc:\/\/.+$/;

/** `tcp://127.0.0.1:7000`, `tcp://localhost:*`, `ipc:///run/troupe/a` */
export const isLoopbackAddress = (address: string): boolean =>
  loopbackTcp.test(address) || ipc.test(address);
