// The HTTP server: the one file that knows uWebSockets.js. It turns sockets into requests and
// responses (http-message.ts) and guards what that library leaves to its user:
// - an exception in a handler ends the process, so one wrapper catches for all;
// - a response must not be touched after its client left, so that is heard of before all else;
// - bodies have no limit, so they are counted while they arrive;
// - two servers may share a port unnoticed, so the port is asked for exclusively.
import uWS from "uWebSockets.js";
import { Failure } from "#protocols/failure.ts";
import { Admission, type Permit } from "./admission.ts";
import type { HttpHandler, HttpResponse } from "./http-message.ts";
import { failureResponse, isOwn, pageResponse } from "./http-message.ts";
import { type BodyRead, readBody } from "./request-body.ts";
import { writeResponse } from "./response-writer.ts";
import { withOrigin } from "./router.ts";

// What the library takes and its types leave out: a host together with options.
declare module "uWebSockets.js" {
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: number,
      listening: (socket: us_listen_socket | false) => void,
    ): TemplatedApp;
  }
}

/** LIBUS_LISTEN_EXCLUSIVE_PORT, which the types know only as an enum that does not exist. */
const exclusivePort = 1;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly handle: HttpHandler;
  /** A handler threw something that is no expected refusal; its client got a 500. */
  readonly failed: (cause: unknown, method: string, path: string) => void;
}

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #app: uWS.TemplatedApp;
  readonly #admission = new Admission();
  readonly #requests = new Set<AbortController>();
  #socket: uWS.us_listen_socket | undefined;
  #port = 0;

  private constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#app = uWS.App();
    this.#app.any("/*", (response, request) => this.#accept(response, request));
  }

  /** Fails with `unavailable` when the address cannot be listened on. */
  static listen(options: HttpServerOptions): Promise<HttpServer> {
    const server = new HttpServer(options);
    return new Promise((resolve, reject) => {
      const { host, port } = options;
      server.#app.listen(host, port, exclusivePort, (socket) => {
        if (socket === false) return reject(refusedAddress(host, port));
        server.#socket = socket;
        server.#port = uWS.us_socket_local_port(socket);
        resolve(server);
      });
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { host } = this.#options;
    const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
    return `http://${shown.includes(":") ? `[${shown}]` : shown}:${this.#port}`;
  }

  /** Requests that have come in and are not answered to their last byte. */
  get inFlight(): number {
    return this.#requests.size;
  }

  /**
   * Takes no more connections, lets the requests in flight end for at most `withinMs`, aborts the
   * rest and closes every connection. Safe to call twice.
   */
  async close(withinMs: number): Promise<void> {
    if (this.#socket !== undefined) uWS.us_listen_socket_close(this.#socket);
    this.#socket = undefined;
    const bound = new AbortController();
    // Not AbortSignal.timeout: its timer would let the process end before this does.
    const timer = setTimeout(() => bound.abort(), withinMs);
    await this.#admission.idle(bound.signal);
    clearTimeout(timer);
    for (const request of this.#requests) request.abort();
    this.#app.close();
  }

  #accept(response: uWS.HttpResponse, request: uWS.HttpRequest): void {
    const gone = new AbortController();
    response.onAborted(() => gone.abort());
    const head = { ...headOf(request), remote: remoteOf(response) };
    const permit = this.#admission.enter();
    this.#requests.add(gone);
    const leave = (): void => {
      this.#requests.delete(gone);
      permit.leave();
    };
    this.#answer(response, head, permit, gone.signal).then(leave, (cause) => {
      this.#options.failed(cause, head.method, head.path);
      leave();
    });
  }

  async #answer(
    response: uWS.HttpResponse,
    head: RequestHead,
    permit: Permit,
    signal: AbortSignal,
  ): Promise<void> {
    const body = permit.isGranted
      ? await readBody(response, head.headers, permit, signal)
      : tooManyRequests;
    if (signal.aborted) return;
    const answer =
      body.kind === "read" ? await this.#handle(head, body, signal) : refuse(head, body);
    await writeResponse(response, answer, { isHead: head.method === "HEAD", signal });
  }

  async #handle(
    head: RequestHead,
    body: Extract<BodyRead, { kind: "read" }>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    try {
      return await this.#options.handle({ ...head, body: body.bytes, signal });
    } catch (cause) {
      if (!(cause instanceof Failure)) {
        this.#options.failed(cause, head.method, head.path);
        return withOrigin(faultResponse(head.path), head.headers.get("origin"));
      }
      return withOrigin(failureResponse(head.path, cause), head.headers.get("origin"));
    }
  }
}

interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remote?: string;
}

/** The library's request is only valid during the call, so all of it is taken at once. */
function headOf(request: uWS.HttpRequest): RequestHead {
  const headers = new Map<string, string>();
  request.forEach((name, value) => {
    headers.set(name, value);
  });
  return {
    method: request.getMethod().toUpperCase(),
    path: decodedPath(request.getUrl()),
    query: request.getQuery() ?? "",
    headers,
  };
}

const remoteOf = (response: uWS.HttpResponse): string =>
  Buffer.from(response.getRemoteAddressAsText()).toString("latin1");

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const tooManyRequests: BodyRead = {
  kind: "refused",
  failure: new Failure(
    "unavailable",
    "This gateway answers as many requests as it can hold. Come again in a moment.",
  ),
};

function faultResponse(path: string): HttpResponse {
  if (!isOwn(path)) return pageResponse(500);
  const detail = "This is a fault of ours; the log of the gateway's node tells it.";
  return failureResponse(path, { code: "internal", detail });
}

const refuse = (head: RequestHead, body: Extract<BodyRead, { kind: "refused" }>): HttpResponse =>
  withOrigin(failureResponse(head.path, body.failure), head.headers.get("origin"));

const refusedAddress = (host: string, port: number): Failure =>
  new Failure(
    "unavailable",
    `Cannot listen on ${host}:${port}: the port is taken by another process, or this machine has no such address. ` +
      "Stop what uses it, or choose another gateway host or port in the topology file.",
  );
