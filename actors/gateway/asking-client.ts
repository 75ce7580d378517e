// What a request says of whoever waits for its task, the same on every route that submits one: when it goes
// away, to which trace it belongs, and how long the task may take as a whole.
import { Failure } from "#protocols/failure.ts";
import { waitMsMax } from "#protocols/tasks/task.ts";
import { parseTraceparent } from "#protocols/trace-context.ts";
import type { HttpRequest } from "./http-message.ts";
import type { Client } from "./queue-client.ts";

/** Fails with `invalid` for an `X-Request-Timeout` that is none. */
export function clientIn(request: HttpRequest): Client {
  const deadlineMs = requestTimeoutMsIn(request);
  return {
    signal: request.signal,
    // One that cannot be read is as good as none, as the standard asks.
    trace: parseTraceparent(request.headers.get("traceparent") ?? ""),
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
}

/** `X-Request-Timeout` in milliseconds; it is written in seconds, whole or with a fraction. */
function requestTimeoutMsIn({ headers }: HttpRequest): number | undefined {
  const text = headers.get("x-request-timeout");
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Math.ceil(Number(text) * 1_000) : 0;
  if (ms > 0 && ms <= waitMsMax) return ms;
  const seen = `X-Request-Timeout is "${text.slice(0, 20)}"`;
  const most = waitMsMax / 1_000;
  throw new Failure("invalid", `${seen}; write seconds, more than 0 and at most ${most}: 2.5`);
}
