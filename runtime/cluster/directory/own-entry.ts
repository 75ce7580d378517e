// Whether an entry is the one that a put of ours was to make: its answer may have been lost.
import { formatNode } from "#protocols/address.ts";
import type { Entry, PutRequest } from "./directory.ts";

/** Only we put entries of our session: such a one with our value is ours. */
export const isOwnEntry = ({ session, value }: PutRequest, present: Entry): boolean =>
  session !== undefined &&
  present.session !== undefined &&
  formatNode(session) === formatNode(present.session) &&
  JSON.stringify(value) === JSON.stringify(present.value);
