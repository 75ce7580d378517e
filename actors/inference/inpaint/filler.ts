// The port of whatever fills holes: a network, a classical algorithm, a script. It sees one padded
// picture at a time and knows nothing of files, strategies or composition.
import type { PadRule } from "./padding.ts";
import type { Raster } from "./raster.ts";

/** What a request may ask of fillers that can be asked; the others leave it unread. */
export interface FillOptions {
  /** Of OpenCV: INPAINT_NS (Navier-Stokes), which is the default, or INPAINT_TELEA. */
  readonly cv2Flag?: string;
  /** Of OpenCV: the neighbourhood of each point, in pixels, 1 to 100; 4 by default. */
  readonly cv2Radius?: number;
}

export interface Filler {
  /** To what sizes a picture is continued before it is given to `fill`. */
  readonly padding: PadRule;
  /**
   * A picture of the same size with its holes filled. Takes an image of 3 channels (RGB) and a mask
   * of 1: 0 is kept, anything else is a hole, and there is at least one. Both have a size that the
   * padding leaves as it is. What is outside the holes may come back changed: the caller lays only
   * the holes over its picture. Fails with `model_failed`, and with `invalid` for an option it cannot heed.
   */
  fill(image: Raster, mask: Raster, options: FillOptions): Promise<Raster>;
  /** Frees what it holds; a fill after that fails. Closing twice does nothing. */
  close(): Promise<void>;
}
