// Where outsiders may ask the control channel, and who they must be.

/** `machine`: all that reach the endpoint may do everything. `keys`: what their keys' scopes allow. */
export type Access = "machine" | "keys";

export interface EndpointTerms {
  /** `tcp://127.0.0.1:7650` */
  readonly address: string;
  readonly access: Access;
  /** With CURVE: the folder of its keys and of the registry of who may connect. null: no keys for that. */
  readonly curveFolder: string | null;
}

/** Whose keys the endpoint's are, in its folder. */
export const endpointKeyName = "endpoint";
