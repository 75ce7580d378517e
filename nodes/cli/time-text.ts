// Moments as people read them: UTC, to the second.

/** `2026-11-22T12:00:00Z` */
export const timeText = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
