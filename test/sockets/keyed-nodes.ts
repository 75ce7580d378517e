// A folder of keys with its registry, and the smallest sockets that use them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router } from "zeromq";
import type { LogLevel } from "#runtime/core/ports.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import {
  type CurveKeyPair,
  createKeyFile,
  keyFile,
  makeKeyPair,
} from "#runtime/links/curve-keys.ts";
import { type CurveSecurity, openCurveSecurity } from "#runtime/links/curve-security.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import { loadRegistry, registryFile, saveRegistry } from "#runtime/links/key-registry-file.ts";
import type { ListenerOptions, SocketSecurity } from "#runtime/links/zeromq-security.ts";

/**
 * What was opened and is to be closed when its test ends, well or badly: an open socket would keep the
 * process alive. Tests of a file run one after another, so all of it belongs to the one that ends.
 */
const opened = new Set<{ close(): void }>();

const toBeClosed = <T extends { close(): void }>(thing: T): T => {
  opened.add(thing);
  return thing;
};

/** Going, it takes along whatever the functions of this file opened. */
export class KeyFolder {
  readonly folder = mkdtempSync(join(tmpdir(), "troupe-keys-"));

  /** Each node gets a pair of its own, and the registry lists them. */
  constructor(nodes: readonly string[]) {
    let registry = KeyRegistry.empty;
    for (const node of nodes) {
      const pair = makeKeyPair();
      createKeyFile(keyFile(this.folder, node), { node, pair });
      registry = registry.withKey({ node, key: pair.publicKey });
    }
    saveRegistry(registryFile(this.folder), registry, "new");
  }

  change(step: (registry: KeyRegistry) => KeyRegistry): void {
    const file = registryFile(this.folder);
    saveRegistry(file, step(loadRegistry(file)), "present");
  }

  closeAll(): void {
    for (const thing of opened) thing.close();
    opened.clear();
  }

  [Symbol.dispose](): void {
    this.closeAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class LogLines {
  readonly lines: string[] = [];
  write(level: LogLevel, actor: string, message: string): void {
    this.lines.push(`${level} ${actor} ${message}`);
  }
  count(part: string): number {
    return this.lines.filter((line) => line.includes(part)).length;
  }
}

export const openSecurity = async (
  keys: KeyFolder,
  node: string,
  log: LogLines = new LogLines(),
): Promise<CurveSecurity> =>
  toBeClosed(await openCurveSecurity({ node, folder: keys.folder, clock: nodeClock, log }));

export interface TestListener {
  readonly address: string;
  readonly socket: Router;
  /** What arrived, in order. */
  readonly heard: readonly string[];
}

export const newRouter = (options: ListenerOptions & { handshakeInterval?: number }): Router =>
  toBeClosed(
    new Router({
      linger: 0,
      // With fewer places the kernel lets a crowd wait for seconds before it is even accepted.
      backlog: 1_024,
      ...options,
    }),
  );

/** Echoes whatever comes. `handshakeInterval` is in milliseconds. */
export async function listenWith(
  security: SocketSecurity,
  options: { readonly address?: string; readonly handshakeInterval?: number } = {},
): Promise<TestListener> {
  const { address = "tcp://127.0.0.1:*", ...patience } = options;
  const socket = newRouter({ ...patience, ...security.listenerOptions() });
  security.attend(socket, () => socket.close());
  await socket.bind(address);
  const heard: string[] = [];
  void (async () => {
    for await (const [route = "", text = ""] of socket) {
      heard.push(text.toString());
      await socket.send([route, text]).catch(() => undefined);
    }
  })().catch(() => undefined);
  return { address: socket.lastEndpoint ?? "", socket, heard };
}

export type Outcome = "connected" | "refused" | "failed";

export const newDealer = (options: ConstructorParameters<typeof Dealer>[0]): Dealer =>
  toBeClosed(new Dealer({ linger: 0, ...options }));

/** A client of any kind; `outcome` is that of its first handshake. */
export function rawDealer(options: ConstructorParameters<typeof Dealer>[0] = {}): {
  readonly socket: Dealer;
  readonly outcome: Promise<Outcome>;
} {
  const socket = newDealer({ reconnectInterval: 20, ...options });
  const outcome = new Promise<Outcome>((resolve) => {
    socket.events.on("handshake", () => resolve("connected"));
    socket.events.on("handshake:error:auth", () => resolve("refused"));
    socket.events.on("handshake:error:protocol", () => resolve("failed"));
    socket.events.on("handshake:error:other", () => resolve("failed"));
  });
  return { socket, outcome };
}

export const clientOptions = (
  pair: CurveKeyPair,
  serverKey: string,
): { curvePublicKey: string; curveSecretKey: string; curveServerKey: string } => ({
  curvePublicKey: pair.publicKey,
  curveSecretKey: pair.revealSecretKey(),
  curveServerKey: serverKey,
});

/** Sends and waits for the echo; `undefined` after so many milliseconds. */
export async function echoed(socket: Dealer, text: string, within: number): Promise<unknown> {
  const answer = (async () => {
    await socket.send(text);
    const [echo] = await socket.receive();
    return echo?.toString();
  })().catch(() => undefined);
  return Promise.race([answer, sleep(within, undefined, { ref: false })]);
}

/** Until it is true, asked every ten milliseconds; fails after five seconds. */
export async function until(isTrue: () => boolean, what: () => string): Promise<void> {
  for (let turns = 0; !isTrue(); turns += 1) {
    if (turns === 500) throw new Error(`not within five seconds: ${what()}`);
    await after(10);
  }
}

export const after = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
