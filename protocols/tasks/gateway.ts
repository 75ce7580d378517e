// The protocol of a gateway: the actor that answers HTTP for the cluster.
import Type from "typebox";
import { type Ack, ask, protocol } from "../protocol.ts";

export interface Gateway {
  /**
   * Refuses new repairs with 503 from now on, and answers when none is in flight any more, or
   * shortly before the ask's deadline with the number that still is.
   */
  drain(): { readonly inFlight: number };
  address(): { readonly url: string };
  /** Sends repairs to another model from now on, until the gateway is restarted. */
  useModel(model: string): Ack;
  /** That repairs are sent to now. */
  model(): { readonly model: string };
}

/** What the active configuration says of the gateway: it goes by it from its start on. */
export const GatewayConfig = Type.Object(
  { model: Type.String({ minLength: 1, maxLength: 64 }) },
  { additionalProperties: false },
);

/** Where that stands among the configurations. */
export const gatewayConfigPlace = { layer: "gateway", scope: "cluster" } as const;

export const Gateway = protocol<Gateway>("tasks.Gateway@1", {
  drain: ask({ within: 30_000 }),
  address: ask,
  useModel: ask,
  model: ask,
}).checked({ model: [], useModel: [Type.String({ minLength: 1, maxLength: 64 })] });
