// Where the server is that has the store's keys: a fixed address, whom the Sentinels name, or the node
// of a Redis Cluster that serves the slot. Read from a text, too.
import { type ClusterNode, Redis, type RedisOptions } from "ioredis";
import { Failure } from "#protocols/failure.ts";
import type { RedisPlace } from "#runtime/cluster/directory/redis-server.ts";
import { partsOf, textOf } from "./keyspace-query.ts";

/**
 * `redis://[user:password@]host[:port][/database]`, `rediss://` over TLS,
 * `redis+sentinel://host:port,host:port/<master name>`, or `redis+cluster://host:port,host:port`.
 * Fails with `invalid` for anything else.
 */
export function redisPlaceOf(text: string): RedisPlace {
  const parts =
    /^(redis|rediss|redis\+sentinel|redis\+cluster):\/\/(?:([^@/]*)@)?([^/]+)(?:\/(.*))?$/.exec(
      text,
    );
  const [, scheme, login, hosts = "", path = ""] = parts ?? [];
  if (scheme === undefined) throw notAPlace(text, "it does not begin with redis://");
  const nodes = hosts.split(",").map((host) => addressOf(host, text));
  const [first] = nodes;
  if (!first) throw notAPlace(text, "it names no host");
  const access = accessOf(login);
  if (scheme === "redis+cluster") {
    return { kind: "cluster", nodes, options: { redisOptions: access } };
  }
  if (scheme === "redis+sentinel") {
    if (path === "") throw notAPlace(text, "it names no master after the hosts");
    return { kind: "server", options: { ...access, sentinels: nodes, name: path } };
  }
  const db = path === "" ? 0 : Number(path);
  if (!Number.isInteger(db) || db < 0) throw notAPlace(text, `"${path}" is no database number`);
  const tls = scheme === "rediss" ? { tls: {} } : {};
  return { kind: "server", options: { ...access, ...tls, ...first, db } };
}

/** The options with which to connect. Fails like any connection when nobody can be asked. */
export async function masterOptions(
  place: RedisPlace,
  tag: string,
  terms: RedisOptions,
): Promise<RedisOptions> {
  if (place.kind === "server") return { ...place.options, ...terms };
  const common = { ...place.options?.redisOptions, ...terms };
  let trouble: unknown = new Failure("invalid", "the Redis Cluster has no nodes; name some");
  for (const node of place.nodes) {
    try {
      return { ...common, ...(await servingNode({ ...common, ...nodeOptions(node) }, tag)) };
    } catch (error) {
      trouble = error;
    }
  }
  throw trouble;
}

/** Asks one node which one serves the slot of the tag. */
async function servingNode(options: RedisOptions, tag: string) {
  const client = new Redis({ ...options, replyMapping: "legacy" });
  client.on("error", () => {});
  try {
    await client.connect();
    const slot = Number(await client.cluster("KEYSLOT", tag));
    for (const range of partsOf(await client.cluster("SLOTS"))) {
      const [from, to, master] = partsOf(range);
      if (Number(from) > slot || Number(to) < slot) continue;
      const [host, port] = partsOf(master);
      const name = textOf(host);
      // A node that knows no name of its own says so with an empty one: it is where we asked.
      return { host: name === "" ? (options.host ?? "127.0.0.1") : name, port: Number(port) };
    }
  } finally {
    client.disconnect();
  }
  throw new Failure("unavailable", `no node of the Redis Cluster serves ${tag}; look at its slots`);
}

function nodeOptions(node: ClusterNode): { readonly host?: string; readonly port?: number } {
  if (typeof node === "number") return { port: node };
  if (typeof node === "string") return addressOf(node.replace(/^redis:\/\//, ""), node);
  const { host, port } = node;
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
}

function addressOf(text: string, whole: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined) throw notAPlace(whole, `"${text}" is no host:port`);
  return { host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? 6379 : Number(port) };
}

function accessOf(login: string | undefined): { username?: string; password?: string } {
  if (login === undefined || login === "") return {};
  const at = login.indexOf(":");
  if (at < 0) return { username: decodeURIComponent(login) };
  const password = decodeURIComponent(login.slice(at + 1));
  return at === 0 ? { password } : { username: decodeURIComponent(login.slice(0, at)), password };
}

/** Passwords are not repeated. */
const notAPlace = (text: string, why: string): Failure => {
  const shown = text.replace(/\/\/[^@/]*@/, "//…@").slice(0, 200);
  const advice = "write redis://host:port, redis+sentinel://host:port,…/name or redis+cluster://…";
  return new Failure("invalid", `"${shown}" is no place of a Redis: ${why}; ${advice}`);
};
