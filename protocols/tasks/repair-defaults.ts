// What holds of a task that repairs a picture, where its parameters say nothing.
export const repairDefaults = {
  strategy: "Crop",
  cropMargin: 196,
  cropTriggerSize: 800,
  /** Of the longer side, in pixels, for the strategy `Resize`. */
  resizeLimit: 2_048,
} as const;
