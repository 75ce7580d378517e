// A picture as the inpainters of the bench take it and give it back.

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Interleaved RGB, a byte each. */
  readonly data: Uint8Array;
}

/** Fills the holes (mask above 0, a byte a pixel) of a picture; answers the whole picture. */
export type Inpaint = (picture: Picture, mask: Uint8Array) => Promise<Uint8Array>;
