// Writes a response to a connection of the server, large ones no faster than the client reads.

import { STATUS_CODES } from "node:http";
import type { HttpResponse } from "./http-message.ts";

/** The part of a server's connection that a response goes to. */
export interface ResponseSink {
  /** Runs the writes as one. */
  cork(write: () => void): unknown;
  writeStatus(line: string): unknown;
  writeHeader(name: string, value: string): unknown;
  endWithoutBody(): unknown;
  /** Answers whether the chunk was taken whole, and whether the response is complete. */
  tryEnd(rest: Uint8Array, bytes: number): [isAccepted: boolean, isDone: boolean];
  /** Called with the offset in the body that comes next. */
  onWritable(write: (offset: number) => boolean): unknown;
}

export interface WriteOptions {
  /** The body is left out, its length is told. */
  readonly isHead: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when the last byte was handed to the system, or the client went away. */
export function writeResponse(
  sink: ResponseSink,
  response: HttpResponse,
  { isHead, signal }: WriteOptions,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const body = typeof response.body === "string" ? Buffer.from(response.body) : response.body;
  const mayHaveBody = response.status !== 204 && response.status !== 304;
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    sink.cork(() => {
      writeHead(sink, response);
      if (isHead || !mayHaveBody) {
        // Told as an argument of endWithoutBody, the length would be waited for: the connection hangs.
        if (mayHaveBody) sink.writeHeader("Content-Length", String(body.byteLength));
        sink.endWithoutBody();
        return resolve();
      }
      const [, isDone] = sink.tryEnd(body, body.byteLength);
      if (isDone) return resolve();
      writeRest(sink, body, resolve);
    });
  });
}

function writeHead(sink: ResponseSink, { status, headers }: HttpResponse): void {
  const phrase = status === 499 ? "Client Closed Request" : (STATUS_CODES[status] ?? "Unknown");
  sink.writeStatus(`${status} ${phrase}`);
  for (const [name, value] of Object.entries(headers)) {
    sink.writeHeader(name, value.replace(lineBreaks, " "));
  }
}

// A header's value ends at a line break; what follows would be read as further headers.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant.
const lineBreaks = /[\u0000\r\n]+/g;

function writeRest(sink: ResponseSink, body: Uint8Array, resolve: () => void): void {
  sink.onWritable((offset) => {
    const [isAccepted, isDone] = sink.tryEnd(body.subarray(offset), body.byteLength);
    if (isDone) resolve();
    return isAccepted;
  });
}
