// Links with keys, put together: the node's own pair, the registry that is read again when it
// changes, the handler that decides who connects, and the proofs of who greets.
import { randomBytes } from "node:crypto";
import { Failure } from "#protocols/failure.ts";
import type { Clock, Log } from "#runtime/core/ports.ts";
import { CurveAccess } from "./curve-access.ts";
import { CurveIdentity } from "./curve-identity.ts";
import { keyFile, loadKeyFile } from "./curve-keys.ts";
import type { NodeKey } from "./key-registry.ts";
import { RegistryWatch, registryFile } from "./key-registry-file.ts";
import type { LinkSecurity } from "./link-security.ts";
import { nonceBytes } from "./nonce-book.ts";
import { type RefusalKind, StrangerLog } from "./stranger-log.ts";
import { CurveSockets } from "./zeromq-curve.ts";
import { ZapHandler } from "./zeromq-zap.ts";

export interface CurveSecurityOptions {
  /** This node's name. */
  readonly node: string;
  /** Holds `<node>.json` and `registry`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CurveSecurity extends LinkSecurity {
  /** How many strangers were refused, and why. */
  readonly refused: Readonly<Partial<Record<RefusalKind, number>>>;
  /** Reads the registry now instead of at the next look. */
  readRegistry(): void;
}

/**
 * Ready to decide when it resolves. Fails as `loadKeyFile` and `loadRegistry` do, and with `invalid`
 * when the registry does not list this node's key, as then no peer would let it in.
 */
export async function openCurveSecurity(options: CurveSecurityOptions): Promise<CurveSecurity> {
  const { node, folder, clock, log } = options;
  const pair = loadKeyFile(keyFile(folder, node), node);
  const hearers: ((keys: readonly NodeKey[]) => void)[] = [];
  let fail: (failure: Failure) => void = () => {};
  const failed = new Promise<Failure>((resolve) => {
    fail = resolve;
  });
  const file = registryFile(folder);
  const watch = new RegistryWatch({
    file,
    log,
    changed: (next, former) => {
      const revoked = former.removedBy(next);
      if (revoked.length > 0) for (const hear of hearers) hear(revoked);
      if (!revoked.some(({ key }) => key === pair.publicKey)) return;
      const remedy = "start it anew with a key that is in it";
      const text = `the key of this node, ${node}, was removed from ${file}: ${remedy}`;
      fail(new Failure("unavailable", text));
    },
  });
  try {
    const registry = (): RegistryWatch["registry"] => watch.registry;
    if (registry().bearer(pair.publicKey)?.name !== node) {
      const remedy = `troupe keys add --dir ${folder} --node ${node} --key '${pair.publicKey}'`;
      throw new Failure("invalid", `${file} does not list the key of ${node}: ${remedy}`);
    }
    const strangers = new StrangerLog({ clock, log });
    const access = new CurveAccess({ domain: `troupe.${node}`, registry, strangers });
    const zap = await ZapHandler.open({ access, log });
    void zap.died.then((failure) => fail(failure));
    return {
      reach: "network",
      identity: new CurveIdentity({
        node,
        pair,
        registry,
        newNonce: () => randomBytes(nonceBytes),
      }),
      sockets: new CurveSockets({ pair, registry, zap, strangers, log }),
      onRevoked: (hear) => void hearers.push(hear),
      failed,
      get refused() {
        return strangers.counts;
      },
      readRegistry: () => watch.look(),
      close: () => {
        watch.close();
        zap.close();
      },
    };
  } catch (cause) {
    watch.close();
    throw cause;
  }
}
