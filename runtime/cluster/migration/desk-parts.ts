// The parts of a desk that have rules of their own, and how they are made. Tests put broken ones in their
// place, to see that the rules are needed.
import { ArrivalGate } from "./arrival-gate.ts";
import { ForwardingTable, type Forwards } from "./forwarding-table.ts";
import type { MakeGate } from "./hosting.ts";
import type { MovedUids } from "./moved-uids.ts";
import { type PositionPorts, type Positions, StreamPositions } from "./stream-positions.ts";

export interface DeskParts<M> {
  readonly makeGate: MakeGate<M>;
  readonly makePositions: (ports: PositionPorts) => Positions;
  readonly makeForwards: (uids: MovedUids) => Forwards;
}

export const properParts = <M>(): DeskParts<M> => ({
  makeGate: (parts) => new ArrivalGate(parts),
  makePositions: (ports) => new StreamPositions(ports),
  makeForwards: (uids) => new ForwardingTable(uids),
});
