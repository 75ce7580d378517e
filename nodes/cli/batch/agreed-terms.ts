// Settles with the cluster what pictures are repaired with, before the first is sent.
import { Failure } from "#protocols/failure.ts";
import type { GatewayClient } from "../gateway-client.ts";
import type { RepairStrategy, RepairTerms } from "./repair-terms.ts";

export interface WantedTerms {
  /** Default: the gateway's. */
  readonly model?: string;
  readonly strategy?: RepairStrategy;
}

/**
 * The model is always named, so that all pictures are repaired by one and a key says what was asked for.
 * Fails with `invalid` for a model that no worker offers, `unavailable` when the cluster is not there.
 */
export async function agreedTerms(
  client: Pick<GatewayClient, "status">,
  { model: wanted, strategy }: WantedTerms,
): Promise<RepairTerms> {
  const { model, models } = await client.status();
  if (wanted !== undefined && models !== undefined && !models.includes(wanted)) {
    const offered = models.join(", ") || "none";
    throw new Failure("invalid", `no worker offers the model ${wanted}; offered are: ${offered}`);
  }
  return { model: wanted ?? model, strategy };
}
