// Figures of parts that are no actors, and bounds of their own, as metrics show them beside the rest.

export interface Figure {
  /** As Prometheus wants it: `troupe_members`, counters end with `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

export interface ShownBound {
  readonly bound: string;
  readonly max: number;
  /** Now; undefined for a bound of time, or of one message. */
  readonly highest: number | undefined;
  /** How often it was reached, and its answer given. */
  readonly reached: number;
}

/** Asked whenever somebody looks. */
export interface FigureSource {
  readonly figures: readonly Figure[];
  readonly bounds: readonly ShownBound[];
}
