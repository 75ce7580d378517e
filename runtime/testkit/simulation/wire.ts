// One connection of the simulated network, from the dialling to its end.

/** A process, as the network sees it. */
export interface Station {
  readonly name: string;
  /** Runs it in the process: later while that is paused, never once it is gone. */
  run(act: () => void): void;
  arrived(wire: Wire, parts: readonly Buffer[], origin: FrameOrigin): void;
}

/** What happens on a network, as far as somebody wants to see each single step. */
export interface WireStep {
  readonly kind: "dial" | "connect" | "send" | "land";
  readonly wire: Wire;
  readonly direction: Direction;
  /** Of a frame that is sent or lands. */
  readonly parts: readonly Uint8Array[];
}

/** Whether the process at the other end sent it, or somebody in between. */
export type FrameOrigin = "sent" | "forged";

export interface DiallerEvents {
  connected(): void;
  disconnected(): void;
  returned(parts: readonly Buffer[], origin: FrameOrigin): void;
  writable(): void;
}

export interface Dial {
  readonly from: Station;
  readonly address: string;
  readonly events: DiallerEvents;
}

/** `there`: from the dialler to the listener. */
export type Direction = "there" | "back";

export class Wire {
  readonly number: number;
  readonly dial: Dial;
  /** What the listener answers to. */
  readonly route: Uint8Array;
  /** The listener; undefined while nobody answered. */
  to: Station | undefined;
  /** Whether the dialler gave it up or heard that it broke. */
  isOver = false;
  /** Whether it carries nothing any more. */
  isBroken = false;
  isHeldBack = false;
  readonly framesOnTheWay: Record<Direction, number> = { there: 0, back: 0 };
  readonly lastLandingMs: Record<Direction, number> = { there: 0, back: 0 };

  constructor(number: number, dial: Dial) {
    this.number = number;
    this.dial = dial;
    const route = Buffer.alloc(4);
    route.writeUInt32BE(number);
    this.route = route;
  }

  get from(): Station {
    return this.dial.from;
  }

  get stands(): boolean {
    return this.to !== undefined && !this.isBroken && !this.isOver;
  }
}

export const wireNumber = (route: Uint8Array): number => Buffer.from(route).readUInt32BE();
