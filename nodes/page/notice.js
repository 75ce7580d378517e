// One message at a time, for what went wrong; it stays until it is read or settled.

export class Notice {
  #box = document.getElementById("notice");
  #text = document.getElementById("notice-text");
  #retry = document.getElementById("notice-retry");
  #onRetry = undefined;

  constructor() {
    document.getElementById("notice-close").addEventListener("click", () => this.hide());
    this.#retry.addEventListener("click", () => {
      const retry = this.#onRetry;
      this.hide();
      retry?.();
    });
  }

  /** `onRetry` is offered as "Try again" when given. */
  show(text, onRetry) {
    this.#onRetry = onRetry;
    this.#retry.hidden = onRetry === undefined;
    this.#text.textContent = text;
    this.#box.hidden = false;
  }

  hide() {
    this.#box.hidden = true;
    this.#onRetry = undefined;
  }
}
