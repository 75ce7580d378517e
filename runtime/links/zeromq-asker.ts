// Asks a desk by ZeroMQ and waits for its answer. After a lost answer a socket is of no more use, so each
// attempt has a fresh one; whoever answers must know what it has done already.
import { Request } from "zeromq";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";

export interface Question {
  /** `tcp://127.0.0.1:7650` */
  readonly address: string;
  readonly body: Uint8Array;
  /** Milliseconds for each attempt. */
  readonly withinMs: number;
  readonly attemptsMax: number;
}

/** Fails with `timeout` when no attempt is answered, with `invalid` for an address that is none. */
export async function askDesk(question: Question): Promise<Uint8Array> {
  for (let attempt = 1; attempt <= question.attemptsMax; attempt += 1) {
    const answer = await attemptOnce(question);
    if (answer !== undefined) return answer;
  }
  const { address, attemptsMax, withinMs } = question;
  throw new Failure(
    "timeout",
    `nobody answers at ${address}, asked ${attemptsMax} times for ${withinMs} ms each; ` +
      "is the cluster running, and is that the `control: bind` of its topology?",
  );
}

async function attemptOnce(question: Question): Promise<Uint8Array | undefined> {
  const { address, body, withinMs } = question;
  const socket = new Request({ linger: 0, sendTimeout: withinMs, receiveTimeout: withinMs });
  try {
    socket.connect(address);
  } catch (cause) {
    socket.close();
    const text = `${address} is no address (${errorMessage(cause)}): write it like tcp://127.0.0.1:7650`;
    throw new Failure("invalid", text, cause);
  }
  try {
    await socket.send(Buffer.from(body));
    const [answer] = await socket.receive();
    return answer;
  } catch (cause) {
    if (isLate(cause)) return undefined;
    throw Failure.of(cause, "unavailable");
  } finally {
    socket.close();
  }
}

const isLate = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "EAGAIN";
