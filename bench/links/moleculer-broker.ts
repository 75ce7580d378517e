// A Moleculer broker of one of two nodes that know each other's ports.
import { requirePeer } from "../peers/installed-package.ts";

interface MoleculerBroker {
  start(): Promise<void>;
  createService(schema: object): unknown;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, parameters?: object): Promise<unknown>;
  emit(event: string, payload: object): Promise<unknown>;
}
interface Moleculer {
  ServiceBroker: new (options: object) => MoleculerBroker;
}

/** `ports`: of near and of far, with a comma between them. */
export async function startBroker(
  nodeID: "near" | "far",
  ports: string,
  service?: object,
): Promise<MoleculerBroker> {
  const { ServiceBroker }: Moleculer = requirePeer("moleculer");
  const [near, far] = ports.split(",");
  const port = Number(nodeID === "near" ? near : far);
  const broker = new ServiceBroker({
    nodeID,
    logger: false,
    requestTimeout: 170_000,
    transporter: {
      type: "TCP",
      options: {
        udpDiscovery: false,
        port,
        urls: [`127.0.0.1:${near}/near`, `127.0.0.1:${far}/far`],
      },
    },
  });
  if (service !== undefined) broker.createService(service);
  await broker.start();
  return broker;
}
