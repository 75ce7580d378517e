// Who is to hear when a signal is aborted. One signal may serve any number of asks: the signal's own
// list of listeners is walked for each that comes and goes, and warns of a leak from the eleventh on.

/** Something that ends when its signal is aborted. */
export interface Abortable {
  abort(): void;
}

/** All who listen to one signal, behind the one listener that it has of them. */
class Audience {
  readonly members = new Set<Abortable>();

  readonly aborted = (): void => {
    for (const member of [...this.members]) member.abort();
  };
}

export class AbortListeners {
  readonly #bySignal = new WeakMap<AbortSignal, Audience>();

  add(signal: AbortSignal, listener: Abortable): void {
    let audience = this.#bySignal.get(signal);
    if (audience === undefined) {
      audience = new Audience();
      this.#bySignal.set(signal, audience);
      signal.addEventListener("abort", audience.aborted, { once: true });
    }
    audience.members.add(listener);
  }

  /** Nothing happens for whoever does not listen. */
  remove(signal: AbortSignal, listener: Abortable): void {
    const audience = this.#bySignal.get(signal);
    if (!audience?.members.delete(listener) || audience.members.size > 0) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener("abort", audience.aborted);
  }
}
