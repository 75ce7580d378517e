// ZeroMQ sockets with CURVE: what a listener and a dialler need of the node's keys.
//
// A dialler demands the key of the node that it wants. While that node changes its key there are two,
// and only the handshake shows which one it has: after a failed one the other is demanded, also when
// one had succeeded, since an event may be of a connection that was given up before it was told.
// libzmq gives up after a refusal for good, so a refused dialler tries anew from here.
import type { Dealer, Publisher, Router, Subscriber } from "zeromq";
import type { Log } from "#runtime/core/ports.ts";
import type { DialTarget } from "./carrier.ts";
import type { CurveKeyPair } from "./curve-keys.ts";
import type { KeyRegistry } from "./key-registry.ts";
import type { StrangerLog } from "./stranger-log.ts";
import type { ListenerOptions, SocketSecurity } from "./zeromq-security.ts";
import type { ZapHandler } from "./zeromq-zap.ts";

/** Milliseconds until a dialler that was refused, or knows no key, tries anew. */
const retryMs = 500;

export interface CurveSocketsOptions {
  readonly pair: CurveKeyPair;
  /** The registry that holds now. */
  readonly registry: () => KeyRegistry;
  readonly zap: ZapHandler;
  readonly strangers: StrangerLog;
  readonly log: Log;
}

export class CurveSockets implements SocketSecurity {
  readonly #options: CurveSocketsOptions;

  constructor(options: CurveSocketsOptions) {
    this.#options = options;
  }

  listenerOptions(): ListenerOptions {
    const { pair, zap } = this.#options;
    return {
      context: zap.context,
      curveServer: true,
      curveSecretKey: pair.revealSecretKey(),
      zapDomain: zap.domain,
      zapEnforceDomain: true,
    };
  }

  attend(listener: Router | Publisher, end: () => void): () => void {
    const { strangers, zap } = this.#options;
    listener.events.on("handshake:error:protocol", ({ address, error }) => {
      const isOther = error.code === "ERR_ZMTP_MECHANISM_MISMATCH";
      const kind = isOther ? "wrong_mechanism" : "failed_handshake";
      const said = isOther ? "it speaks no CURVE" : "it does not know the key of this node";
      strangers.refused({ kind, address, detail: `${said} (${error.code})` });
    });
    listener.events.on("handshake:error:other", ({ address }) => {
      strangers.refused({ kind: "left_early", address, detail: "it left during the handshake" });
    });
    return zap.guard(listener, end);
  }

  connect(socket: Dealer | Subscriber, target: DialTarget): void {
    const { pair, registry, log } = this.#options;
    socket.curvePublicKey = pair.publicKey;
    socket.curveSecretKey = pair.revealSecretKey();
    new Dialling(socket, target, { keys: () => registry().keysOf(target.peer), log }).begin();
  }
}

interface DiallingOptions {
  /** The keys of the wanted node, the newest last; they may change. */
  readonly keys: () => readonly string[];
  readonly log: Log;
}

/** The handshakes of one socket. */
class Dialling {
  readonly #socket: Dealer | Subscriber;
  readonly #target: DialTarget;
  readonly #options: DiallingOptions;
  #demanded: string | undefined;
  #hasTold = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(socket: Dealer | Subscriber, target: DialTarget, options: DiallingOptions) {
    this.#socket = socket;
    this.#target = target;
    this.#options = options;
  }

  begin(): void {
    const { events } = this.#socket;
    events.on("handshake", () => clearTimeout(this.#retry));
    // The listener does not have the key that was demanded, or speaks no CURVE.
    events.on("handshake:error:other", () => this.#demandOther());
    events.on("handshake:error:protocol", () => this.#demandOther());
    events.on("handshake:error:auth", ({ error }) => {
      this.#tell(`refuses the key of this node (${error.status}): is it in its key registry?`);
      this.#tryLater();
    });
    this.#demand(this.#options.keys().at(-1));
  }

  #demandOther(): void {
    const keys = this.#options.keys();
    const place = keys.indexOf(this.#demanded ?? "");
    const next = place < 0 ? keys.at(-1) : keys.at(place - 1);
    if (next === this.#demanded) return;
    // Not within the event: the socket is still busy with the connection that failed.
    setImmediate(() => {
      if (next !== this.#demanded) this.#demand(next);
    });
  }

  #demand(key: string | undefined): void {
    if (this.#socket.closed) return;
    if (this.#demanded !== undefined) this.#disconnect();
    this.#demanded = key;
    if (key === undefined) {
      this.#tell("has no key in the key registry, so it cannot be dialled: troupe keys add");
      this.#tryLater();
      return;
    }
    this.#socket.curveServerKey = key;
    this.#socket.connect(this.#target.address);
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#demand(this.#options.keys().at(-1)), retryMs);
    this.#retry.unref();
  }

  #disconnect(): void {
    try {
      this.#socket.disconnect(this.#target.address);
    } catch {
      // ENOENT: libzmq has given that connection up already.
    }
  }

  /** Once a dialler: a link makes a new one soon enough. */
  #tell(seen: string): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const { peer, address } = this.#target;
    this.#options.log.write("warn", `/system/links/${peer}`, `${peer} at ${address} ${seen}`);
  }
}
