// What the benchmarks use of the NATS client.
export interface NatsConnection {
  publish(subject: string, data: Uint8Array): void;
  request(
    subject: string,
    data: Uint8Array,
    options: { readonly timeout: number },
  ): Promise<{ readonly data: Uint8Array }>;
  flush(): Promise<void>;
  subscribe(
    subject: string,
    options: { callback(error: Error | null, message: NatsMessage): void },
  ): unknown;
}
export interface NatsMessage {
  readonly data: Uint8Array;
  /** Empty when nobody waits for an answer. */
  readonly reply?: string;
  respond(data: Uint8Array): boolean;
}
export interface Nats {
  connect(options: { readonly servers: string }): Promise<NatsConnection>;
}

export const natsSubject = "bench.far";
