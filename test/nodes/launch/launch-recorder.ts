// Remembers what a launcher tells, and lets a test wait for it.
import type { LaunchEvent, LaunchObserver } from "#nodes/launch/launch-observer.ts";

type EventKind = LaunchEvent["kind"];
type EventOf<Kind extends EventKind> = Extract<LaunchEvent, { readonly kind: Kind }>;

export class LaunchRecorder implements LaunchObserver {
  readonly events: LaunchEvent[] = [];
  #waiting: (() => void)[] = [];

  observe(event: LaunchEvent): void {
    this.events.push(event);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  of<Kind extends EventKind>(kind: Kind): readonly EventOf<Kind>[] {
    return this.events.filter((event): event is EventOf<Kind> => event.kind === kind);
  }

  /** Resolves with the `count`th event of a kind. */
  async nth<Kind extends EventKind>(kind: Kind, count: number): Promise<EventOf<Kind>> {
    for (;;) {
      const event = this.of(kind)[count - 1];
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Whether a process of that number lives; one that was not yet reaped counts as living. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
