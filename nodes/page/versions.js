// The photograph as it was opened and each repaired one after it, so that every repair can be undone.

/** More are not kept: the oldest repaired one goes, the original stays. */
const versionsMax = 20;

export class Versions {
  #list;

  constructor(original) {
    this.#list = [original];
  }

  get original() {
    return this.#list[0];
  }

  get current() {
    return this.#list[this.#list.length - 1];
  }

  get hasRepairs() {
    return this.#list.length > 1;
  }

  add(photograph) {
    this.#list.push(photograph);
    if (this.#list.length > versionsMax) release(this.#list.splice(1, 1));
  }

  /** Back to the one before; the original stays. */
  back() {
    if (this.hasRepairs) release(this.#list.splice(-1, 1));
  }

  /** Gives back the memory of all. */
  close() {
    release(this.#list);
  }
}

function release(photographs) {
  for (const { url } of photographs) URL.revokeObjectURL(url);
}
