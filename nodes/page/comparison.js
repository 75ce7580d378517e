// Before and after side by side: the original lies over the current photograph, cut off at a divider
// that the slider and the pointer move.

export class Comparison {
  #elements;
  #isOn = false;
  /** Of the photograph's part that is in sight, in percent. */
  #at = 50;

  constructor(elements, changed) {
    this.#elements = elements;
    elements.slider.addEventListener("input", () => {
      this.#at = Number(elements.slider.value);
      changed();
    });
  }

  get isOn() {
    return this.#isOn;
  }

  switchTo(isOn) {
    this.#isOn = isOn;
    const { before, divider, row, beforeTag, afterTag, button, stage } = this.#elements;
    for (const element of [before, divider, row, beforeTag, afterTag]) element.hidden = !isOn;
    button.setAttribute("aria-pressed", String(isOn));
    stage.classList.toggle("is-comparing", isOn);
  }

  /** Puts the divider under a stage point. */
  moveTo(point, view, width) {
    const { left, right } = this.#sight(view, width);
    this.#at = Math.min(100, Math.max(0, (100 * (point.x - left)) / Math.max(1, right - left)));
    this.#elements.slider.value = String(Math.round(this.#at));
  }

  /** Draws it for a photograph so many pixels wide. */
  show(view, width) {
    if (!this.#isOn) return;
    const { left, right } = this.#sight(view, width);
    const x = left + ((right - left) * this.#at) / 100;
    const cut = view.toPhotograph({ x, y: 0 }).x;
    this.#elements.before.style.clipPath = `inset(0 ${Math.max(0, width - cut)}px 0 0)`;
    this.#elements.divider.style.left = `${x}px`;
  }

  #sight(view, width) {
    const stageWidth = this.#elements.stage.clientWidth;
    return {
      left: Math.max(0, view.x),
      right: Math.min(stageWidth, view.x + width * view.scale),
    };
  }
}
