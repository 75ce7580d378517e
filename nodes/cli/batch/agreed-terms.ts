// Settles with the cluster what pictures are repaired with, before the first is sent.
import { Failure } from "#protocols/failure.ts";
import type { GatewayClient } from "../gateway-client.ts";
import { isModelsListing, versionsMeant } from "../models-listing.ts";
import type { RepairStrategy, RepairTerms } from "./repair-terms.ts";

export interface WantedTerms {
  /** Default: the gateway's. */
  readonly model?: string;
  readonly strategy?: RepairStrategy;
}

/**
 * The model is always named, so that all pictures are repaired by one and a key says what was asked for.
 * Fails with `invalid` for a model that no worker offers, `unavailable` when the cluster is not there or
 * does not know its nodes.
 */
export async function agreedTerms(
  client: Pick<GatewayClient, "status" | "get">,
  { model: wanted, strategy }: WantedTerms,
): Promise<RepairTerms> {
  const model = await agreedModel(client, wanted);
  return { model, strategy, versions: await versionsOf(client, model) };
}

/** The gateway's when none is wanted. Fails as `agreedTerms`. */
export async function agreedModel(
  client: Pick<GatewayClient, "status">,
  wanted: string | undefined,
): Promise<string> {
  const { model, models } = await client.status();
  if (wanted !== undefined && models !== undefined && !models.includes(wanted)) {
    const offered = models.join(", ") || "none";
    throw new Failure("invalid", `no worker offers the model ${wanted}; offered are: ${offered}`);
  }
  return wanted ?? model;
}

/** That the name means now; none where no node has a repository of models. Fails with `unavailable`. */
export async function versionsOf(
  client: Pick<GatewayClient, "get">,
  model: string,
): Promise<readonly number[]> {
  const listing = await client.get("api/models").catch((cause: unknown) => {
    const failure = Failure.of(cause);
    if (failure.code === "not_found") return undefined;
    throw failure;
  });
  return isModelsListing(listing) ? versionsMeant(listing, model) : [];
}
