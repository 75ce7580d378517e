// Which public keys may connect: answers libzmq's authentication requests (ZAP, ZeroMQ RFC 27) from
// the key registry. Pure: request in, reply out; `zeromq-zap.ts` has the socket.
//
//   version, request id, domain, address, identity, mechanism, credentials    asked
//   version, request id, status code, status text, user id, metadata          answered
import type { KeyRegistry } from "./key-registry.ts";
import type { StrangerLog } from "./stranger-log.ts";
import { encodeZ85 } from "./z85.ts";

const version = "1.0";
const keyBytes = 32;

export interface CurveAccessOptions {
  /** Of the listeners that ask; requests of any other are refused. */
  readonly domain: string;
  /** The registry that holds now. */
  readonly registry: () => KeyRegistry;
  readonly strangers: StrangerLog;
}

export type ZapReply = readonly [
  version: string,
  request: Uint8Array,
  code: "200" | "400" | "500",
  text: string,
  user: string,
  metadata: string,
];

export class CurveAccess {
  readonly #options: CurveAccessOptions;

  constructor(options: CurveAccessOptions) {
    this.#options = options;
  }

  get domain(): string {
    return this.#options.domain;
  }

  /** `frames` as they follow the empty delimiter. */
  answer(frames: readonly Uint8Array[]): ZapReply {
    const [asked = empty, request = empty, domain = empty, place = empty, ...rest] = frames;
    const [, mechanism = empty, key = empty, ...surplus] = rest;
    const address = textOf(place);
    const refuse = (kind: "unlisted_key" | "odd_request", detail: string): ZapReply => {
      this.#options.strangers.refused({ kind, address, detail });
      return [version, request, "400", "refused", "", ""];
    };
    if (textOf(asked) !== version) return refuse("odd_request", "a ZAP request of another version");
    if (textOf(domain) !== this.#options.domain) {
      return refuse("odd_request", `a ZAP request of the domain ${JSON.stringify(textOf(domain))}`);
    }
    if (textOf(mechanism) !== "CURVE" || key.length !== keyBytes || surplus.length > 0) {
      return refuse("odd_request", "a ZAP request without a CURVE key");
    }
    const publicKey = encodeZ85(key);
    const bearer = this.#options.registry().bearer(publicKey);
    if (bearer === undefined) {
      return refuse("unlisted_key", `its key ${publicKey} is not in the key registry`);
    }
    return [version, request, "200", "known", bearer.name, ""];
  }

  /** What is answered when `answer` itself failed. */
  static failed(frames: readonly Uint8Array[]): ZapReply {
    return [version, frames[1] ?? empty, "500", "failed", "", ""];
  }
}

const empty = new Uint8Array();

/** Nothing of a stranger's is taken over at length. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1", 0, 64);
