// Asks a desk by ZeroMQ and waits for its answer. After a lost answer a socket is of no more use, so each
// attempt has a fresh one; whoever answers must know what it has done already.
import { Request } from "zeromq";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import type { CurveKeyPair } from "./curve-keys.ts";

/** How a client shows who it is, and whom it wants to speak to. */
export interface AskerKeys {
  readonly pair: CurveKeyPair;
  /** Of the desk, the newest last; while it changes its key there are two. */
  readonly deskKeys: readonly string[];
}

export interface Question {
  /** `tcp://127.0.0.1:7650` */
  readonly address: string;
  readonly body: Uint8Array;
  /** Milliseconds for each attempt. */
  readonly withinMs: number;
  readonly attemptsMax: number;
  /** Of a desk with CURVE. */
  readonly keys?: AskerKeys;
}

/** ZeroMQ tries again without end, every 100 to 200 ms: so many are longer than a desk takes to start anew. */
const refusedMax = 10;

/**
 * Fails with `timeout` when no attempt is answered, with `invalid` for an address that is none, and with
 * `unavailable`, long before its time is over, where no connection can be made at all.
 */
export async function askDesk(question: Question): Promise<Uint8Array> {
  for (let attempt = 1; attempt <= question.attemptsMax; attempt += 1) {
    const answer = await attemptOnce(question, attempt);
    if (answer !== undefined) return answer;
  }
  const { address, attemptsMax, keys, withinMs } = question;
  const doubt = keys === undefined ? "does it ask for keys" : "does it list the key of this client";
  throw new Failure(
    "timeout",
    `nobody answers at ${address}, asked ${attemptsMax} times for ${withinMs} ms each; ` +
      `is the cluster running, is that the \`control: bind\` of its topology, and ${doubt}?`,
  );
}

async function attemptOnce(question: Question, attempt: number): Promise<Uint8Array | undefined> {
  const { address, body, withinMs } = question;
  const socket = new Request({
    linger: 0,
    sendTimeout: withinMs,
    receiveTimeout: withinMs,
    ...curveOptions(question.keys, attempt),
  });
  try {
    socket.connect(address);
  } catch (cause) {
    socket.close();
    const text = `${address} is no address (${errorMessage(cause)}): write it like tcp://127.0.0.1:7650`;
    throw new Failure("invalid", text, cause);
  }
  try {
    return await Promise.race([answerOf(socket, body), refusedFor(socket, address)]);
  } catch (cause) {
    if (isLate(cause)) return undefined;
    throw Failure.of(cause, "unavailable");
  } finally {
    socket.close();
  }
}

async function answerOf(socket: Request, body: Uint8Array): Promise<Uint8Array | undefined> {
  await socket.send(Buffer.from(body));
  const [answer] = await socket.receive();
  return answer;
}

/** Fails when no connection came about so often; one that stood may be waited for. */
function refusedFor(socket: Request, address: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    let refused = 0;
    let stood = false;
    socket.events.on("connect", () => {
      stood = true;
    });
    socket.events.on("connect:retry", () => {
      refused += 1;
      if (stood || refused < refusedMax) return;
      const text =
        `no connection to ${address} came about in ${refused} tries: is the cluster running, and is that ` +
        "the `control: bind` of its topology?";
      reject(new Failure("unavailable", text));
    });
  });
}

/** Each attempt demands another of the desk's keys, the newest first. */
function curveOptions(keys: AskerKeys | undefined, attempt: number) {
  if (keys === undefined) return {};
  const { pair, deskKeys } = keys;
  const [demanded] = deskKeys.slice(deskKeys.length - 1 - ((attempt - 1) % deskKeys.length));
  if (demanded === undefined) throw new Failure("invalid", "the desk has no key; list it first");
  const { publicKey: curvePublicKey } = pair;
  return { curveServerKey: demanded, curvePublicKey, curveSecretKey: pair.revealSecretKey() };
}

const isLate = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "EAGAIN";
