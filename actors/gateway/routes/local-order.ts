// Orders by HTTP. They change the cluster, so that only who is on this machine may give them, and no
// page that a browser of this machine shows:
//
// - the connection must come from a loopback address, name one as its host, and not say that it passes
//   on what somebody else has asked;
// - the body must be declared as JSON, which a page of another origin may send only if it is allowed to,
//   and an order that bears an origin is refused.
import { Failure } from "#protocols/failure.ts";
import type { HttpRequest } from "../http-message.ts";

const bodyBytesMax = 8_192;
const signsOfProxies = ["forwarded", "via", "x-forwarded-for", "x-real-ip"] as const;
const loopbackHost = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/** Fails with `invalid` for who is not on this machine, or came through a proxy or a page. */
export function refuseStrangers(request: HttpRequest): void {
  if (!isFromHere(request)) {
    throw refused(
      "only the machine of the gateway may give it orders: run troupe there, by 127.0.0.1",
    );
  }
  const sign = signOfProxy(request);
  if (sign !== undefined) {
    throw refused(`orders do not come through a proxy, and this one bears "${sign}": use troupe`);
  }
  if (request.headers.has("origin")) throw refused("a page may not give orders: use troupe");
}

/** The body as JSON; undefined when it is none. Fails with `invalid` for who may not give orders. */
export function localOrderIn(request: HttpRequest): unknown {
  refuseStrangers(request);
  const { body, headers } = request;
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]?.trim();
  if (type !== "application/json" || body.byteLength > bodyBytesMax) {
    throw new Failure("invalid", `an order is application/json of at most ${bodyBytesMax} bytes`);
  }
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

/** Whether it came from this machine, and names it so. */
export const isFromHere = ({ headers, remote = "" }: HttpRequest): boolean =>
  isLoopback(remote) && loopbackHost.test(headers.get("host") ?? "");

/** The header that says that somebody else has asked; undefined without one. */
export const signOfProxy = ({ headers }: HttpRequest): string | undefined =>
  signsOfProxies.find((name) => headers.has(name));

/** As the server writes addresses: IPv6 in full, IPv4 perhaps inside of it. */
const isLoopback = (remote: string): boolean =>
  /^127(\.\d+){3}$/.test(remote) ||
  /^(0{1,4}:){7}0{0,3}1$|^::1$/.test(remote) ||
  /^((0{1,4}:){5}|::)ffff:(127(\.\d+){3}|7f[0-9a-f]{2}:[0-9a-f]{1,4})$/i.test(remote);

const refused = (detail: string): Failure => new Failure("invalid", detail);
