// Where the photograph lies on the stage: a scale and an offset, and the ways to change them.
// Stage points are CSS pixels from its upper left corner, photograph points its own pixels.

const scaleMax = 16;
/** Room left around a photograph that is shown whole. */
const margin = 12;
/** So much of the photograph stays in sight, whatever is moved. */
const visibleMin = 48;

export class View {
  scale = 1;
  x = 0;
  y = 0;
  #stage = { width: 1, height: 1 };
  #photograph = { width: 1, height: 1 };
  #isFitted = true;

  setStage(width, height) {
    this.#stage = { width: Math.max(1, width), height: Math.max(1, height) };
    if (this.#isFitted) this.fit();
    else this.#settle();
  }

  setPhotograph({ width, height }) {
    const isSameSize = width === this.#photograph.width && height === this.#photograph.height;
    this.#photograph = { width, height };
    if (!isSameSize) this.fit();
  }

  /** All of the photograph, in the middle; never larger than it is. */
  fit() {
    this.#isFitted = true;
    this.scale = this.#fittingScale();
    this.x = (this.#stage.width - this.#photograph.width * this.scale) / 2;
    this.y = (this.#stage.height - this.#photograph.height * this.scale) / 2;
  }

  /** Scales while the given stage point stays on its place of the photograph. */
  zoom(factor, at = this.middle) {
    const scale = Math.min(scaleMax, Math.max(this.#fittingScale() / 2, this.scale * factor));
    const ratio = scale / this.scale;
    this.#isFitted = false;
    this.scale = scale;
    this.x = at.x - (at.x - this.x) * ratio;
    this.y = at.y - (at.y - this.y) * ratio;
    this.#settle();
  }

  move(dx, dy) {
    this.#isFitted = false;
    this.x += dx;
    this.y += dy;
    this.#settle();
  }

  get middle() {
    return { x: this.#stage.width / 2, y: this.#stage.height / 2 };
  }

  /** The photograph point under a stage point. */
  toPhotograph({ x, y }) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  get transform() {
    return `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
  }

  #fittingScale() {
    const { width, height } = this.#stage;
    return Math.min(
      1,
      Math.max(1, width - 2 * margin) / this.#photograph.width,
      Math.max(1, height - 2 * margin) / this.#photograph.height,
    );
  }

  #settle() {
    const right = this.#photograph.width * this.scale;
    const bottom = this.#photograph.height * this.scale;
    this.x = Math.min(this.#stage.width - visibleMin, Math.max(visibleMin - right, this.x));
    this.y = Math.min(this.#stage.height - visibleMin, Math.max(visibleMin - bottom, this.y));
  }
}
