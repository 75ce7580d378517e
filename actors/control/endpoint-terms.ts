// Where outsiders may ask the control channel, and who they must be.

/** `machine`: all that reach the endpoint may do everything. `keys`: what their keys' scopes allow. */
export type Access = "machine" | "keys";

export interface EndpointTerms {
  /** `tcp://127.0.0.1:7650` */
  readonly address: string;
  readonly access: Access;
}
