// The tables of what actors keep, as numbered steps. Released steps are never edited.
//
// Each row has a CRC-32 of all that it says: SQLite would hand out a flipped byte as plain wrong
// data. Events of one actor lie together, in order, so that a recovery reads the file straight on.
import type { SchemaStep } from "./schema-steps.ts";

/** Marks our files: the letters TRPJ. */
export const journalApplicationId = 0x5452504a;

const keptTables = `
CREATE TABLE owners (
  number INTEGER PRIMARY KEY,
  persistence_id TEXT NOT NULL UNIQUE,
  fence INTEGER NOT NULL,
  version INTEGER NOT NULL,
  crc32 INTEGER NOT NULL
);
CREATE TABLE events (
  owner INTEGER NOT NULL REFERENCES owners (number),
  sequence INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  crc32 INTEGER NOT NULL,
  PRIMARY KEY (owner, sequence)
) WITHOUT ROWID;
CREATE TABLE snapshots (
  owner INTEGER NOT NULL REFERENCES owners (number),
  sequence INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  crc32 INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (owner, sequence)
);
`;

export const journalSteps: readonly SchemaStep[] = [
  { version: 1, name: "owners, events, snapshots", sql: keptTables },
];
