// The table of the cluster's directory, as numbered steps. Released steps are never edited.
import type { SchemaStep } from "./schema-steps.ts";

/** Marks our files: the letters TRPD. */
export const directoryApplicationId = 0x54525044;

export const directorySteps: readonly SchemaStep[] = [
  {
    version: 1,
    name: "rows",
    sql: `
CREATE TABLE rows (
  key TEXT PRIMARY KEY,
  json TEXT NOT NULL,
  crc32 INTEGER NOT NULL
) WITHOUT ROWID;
`,
  },
];
