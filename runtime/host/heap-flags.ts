// Flags for processes through which large byte arrays pass. V8 counts an array that has just died as part of
// the old generation until the young one is collected, and allows that to grow by some 20 MB only while the heap is
// small: a dozen pictures a second would have the whole heap marked several times a second. With room from the
// start the young generation is collected first, which frees them for next to nothing.

/**
 * Megabytes of old generation before it is first collected as a whole: what lives there, and room for the
 * arrays of some pictures. An engine's heap of 12 MB needs less than a node's of 40, and what V8 lets lie in
 * its room is the sooner all that an engine ever grows by. A smaller `--max-old-space-size` wins.
 */
const oldSpaceMegabytes = { node: 128, engine: 80 };

/** For the command line: V8 takes it neither from NODE_OPTIONS nor later. */
export const heapFlags = (of: keyof typeof oldSpaceMegabytes): readonly string[] => [
  `--initial-old-space-size=${oldSpaceMegabytes[of]}`,
];
