// Whatever carries messages between two engines: two ends of each kind, joined, with what can be done to
// them. The contract that all keep is `transport-contract.test.ts`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { BoundCounts } from "#runtime/core/bounds.ts";
import { PortLine } from "#runtime/threads/port-line.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { Heard } from "./heard.ts";
import { KeyFolder, openSecurity } from "./keyed-nodes.ts";
import { type End, type Medium, nextTurn, replied } from "./medium.ts";
import { simulated } from "./simulated-medium.ts";
import { TestTransport, type TestTransportOptions } from "./test-transport.ts";

// ---- links over sockets

function socketEnd(links: TestTransport, peer: string): End {
  const { heard, transport } = links;
  return {
    heard,
    send: (value, to = { name: peer, incarnation: 0 }) => transport.send(to, replied(value)),
    until: (isSo) => heard.until(isSo),
    turn: nextTurn,
    stop: (withinMs) => transport.stop(performance.now() + withinMs),
    links: {
      statistics: () => transport.statistics().find((each) => each.peer.name === peer),
      release: () => {
        const { from, messages, bytes } = heard.takeKept();
        transport.released(from, messages, bytes);
      },
    },
  };
}

async function started(
  context: TestContext,
  peer: string,
  options: TestTransportOptions,
): Promise<{ readonly end: End; readonly address: string }> {
  const links = await TestTransport.start(options);
  context.after(() => links.transport.stop(performance.now() + 200));
  return { end: socketEnd(links, peer), address: links.address };
}

type Security = NonNullable<TestTransportOptions["security"]>;

function overSockets(terms: {
  readonly name: string;
  readonly bind: (name: string, folder: string) => string;
  readonly nowhere: string;
  readonly keys?: "curve";
  readonly proxied?: true;
}): Medium {
  const securityOf = async (
    context: TestContext,
  ): Promise<(name: string) => Promise<{ readonly security?: Security }>> => {
    if (terms.keys === undefined) return () => Promise.resolve({});
    const keys = new KeyFolder(["a", "b"]);
    context.after(() => keys[Symbol.dispose]());
    return async (name) => {
      const security = await openSecurity(keys, name);
      context.after(() => security.close());
      return { security };
    };
  };
  const folderOf = (context: TestContext): string => {
    const folder = mkdtempSync(join(tmpdir(), "contract-"));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  return {
    name: terms.name,
    isLink: true,
    canBeCut: terms.proxied === true,
    open: async (context) => {
      const folder = folderOf(context);
      const secured = await securityOf(context);
      const proxies = terms.proxied ? [new CuttingProxy(), new CuttingProxy()] : [];
      const [toA, toB] = await Promise.all(proxies.map((proxy) => proxy.listen()));
      const b = await started(context, "a", {
        name: "b",
        bind: terms.bind("b", folder),
        ...(await secured("b")),
        ...(toB === undefined ? {} : { advertise: toB }),
      });
      const a = await started(context, "b", {
        name: "a",
        bind: terms.bind("a", folder),
        peers: { b: toB ?? b.address },
        ...(await secured("a")),
        ...(toA === undefined ? {} : { advertise: toA }),
      });
      proxies[0]?.forwardTo(a.address);
      proxies[1]?.forwardTo(b.address);
      context.after(() => Promise.all(proxies.map((proxy) => proxy.close())));
      const cut = (): number => proxies.reduce((cuts, proxy) => cuts + proxy.cut(), 0);
      return { a: a.end, b: b.end, ...(terms.proxied ? { cut } : {}) };
    },
    openAlone: async (context) => {
      const secured = await securityOf(context);
      const folder = folderOf(context);
      const alone = await started(context, "b", {
        name: "a",
        bind: terms.bind("a", folder),
        peers: { b: terms.nowhere },
        downAfterMs: 300,
        ...(await secured("a")),
      });
      return alone.end;
    },
  };
}

// ---- lines between threads

const messagePort: Medium = {
  name: "MessagePort",
  isLink: false,
  canBeCut: false,
  open: async (context) => {
    const { port1, port2 } = new MessageChannel();
    context.after(() => port1.close());
    return { a: lineEnd("a", port1), b: lineEnd("b", port2) };
  },
};

function lineEnd(name: string, port: MessagePort): End {
  const heard = new Heard(name);
  const node = { name, incarnation: 1 };
  const line = new PortLine({
    refs: {
      describe: () => undefined,
      revive: () => {
        throw new Error("no refs are sent here");
      },
    },
    bounds: new BoundCounts(),
    shortEnds: { from: node, to: { path: "/", uid: 0 } },
    post: (batch, moved) => port.postMessage(batch, moved),
    outward: (ref) => ref,
    inward: (ref) => ref,
    arrived: ({ node: from, envelope }) => heard.deliver(from, envelope, 0),
    lost: ({ envelope }) => heard.lost.push(envelope),
  });
  port.on("message", (batch) => line.heard(batch));
  return {
    heard,
    send: (value) => line.send(node, replied(value)),
    until: (isSo) => heard.until(isSo),
    turn: nextTurn,
    stop: () => {
      port.close();
      return Promise.resolve();
    },
  };
}

let inprocNames = 0;

export const media: readonly Medium[] = [
  simulated,
  messagePort,
  overSockets({
    name: "inproc",
    bind: (name) => `inproc://contract-${name}-${++inprocNames}`,
    nowhere: "inproc://contract-nowhere",
  }),
  overSockets({
    name: "ipc",
    bind: (name, folder) => `ipc://${join(folder, name)}`,
    nowhere: "ipc:///tmp/contract-nowhere-at-all",
  }),
  overSockets({
    name: "tcp",
    bind: () => "tcp://127.0.0.1:*",
    nowhere: "tcp://127.0.0.1:9",
    proxied: true,
  }),
  overSockets({
    name: "tcp + CURVE",
    bind: () => "tcp://127.0.0.1:*",
    nowhere: "tcp://127.0.0.1:9",
    keys: "curve",
    proxied: true,
  }),
];
