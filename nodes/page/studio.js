// The studio: one photograph, what is painted on it, and its repairs. Strokes may be added while a
// repair runs; only those that it was asked for disappear when it is done.
import { Comparison } from "./comparison.js";
import { watchGestures } from "./gestures.js";
import { downloadName, readPhotograph, refusalOf } from "./photograph.js";
import { askForRepair } from "./repair.js";
import { extendStroke, maskOf, newStroke, showStrokes } from "./strokes.js";
import { Versions } from "./versions.js";
import { View } from "./view.js";

export class Studio {
  #elements;
  #ports;
  #view = new View();
  #comparison;
  #versions = undefined;
  #strokes = [];
  #stroke = undefined;
  #running = undefined;
  #brush = 40;
  #isFramePending = false;

  /** `ports`: `limits()`, `failed(text, retry?)`, `repaired(task)`, `isAutomatic()`, `changed()`. */
  constructor(elements, ports) {
    this.#elements = elements;
    this.#ports = ports;
    this.#comparison = new Comparison(elements.comparison, () => this.#draw());
    watchGestures(elements.stage, {
      begin: (point, pointerType) => this.#begin(point, pointerType),
      draw: (points) => this.#extend(points),
      end: () => this.#end(),
      abandon: () => this.#abandon(),
      hover: (point) => this.#showCursor(point),
      leave: () => this.#hideCursor(),
      move: (dx, dy) => this.move(dx, dy),
      zoom: (factor, at) => this.zoom(factor, at),
    });
    new ResizeObserver(([entry]) => {
      this.#view.setStage(entry.contentRect.width, entry.contentRect.height);
      this.#draw();
    }).observe(elements.stage);
  }

  get canRepair() {
    return this.#strokes.length > 0 && !this.#running && !this.#stroke;
  }

  get canUndo() {
    return this.#strokes.length > 0 || (this.canCompare && !this.#running);
  }

  get hasStrokes() {
    return this.#strokes.length > 0;
  }

  get canCompare() {
    return this.#versions?.hasRepairs ?? false;
  }

  get isRepairing() {
    return this.#running !== undefined;
  }

  get brush() {
    return this.#brush;
  }

  set brush(size) {
    this.#brush = size;
    this.#elements.cursor.style.width = `${size}px`;
    this.#elements.cursor.style.height = `${size}px`;
  }

  /** Shows a picture instead of the one before; throws when it is none. */
  async open(blob, name) {
    const photograph = await readPhotograph(blob, name);
    this.cancel();
    // What still runs is for the photograph before, and has nothing to say any more.
    this.#running = undefined;
    this.#versions?.close();
    this.#versions = new Versions(photograph);
    this.#strokes = [];
    this.#stroke = undefined;
    this.#comparison.switchTo(false);
    this.#elements.before.src = photograph.url;
    await this.#show();
    const limits = this.#ports.limits();
    const refusal = limits && refusalOf(photograph, limits);
    if (refusal) this.#ports.failed(refusal);
  }

  undo() {
    if (this.#strokes.length > 0) this.#strokes.pop();
    else if (this.canUndo) this.#versions.back();
    return this.#show();
  }

  clear() {
    this.#strokes = [];
    this.#changed();
  }

  compare() {
    if (this.canCompare) this.#comparison.switchTo(!this.#comparison.isOn);
    this.#hideCursor();
    this.#changed();
  }

  zoom(factor, at) {
    this.#view.zoom(factor, at);
    this.#draw();
  }

  fit() {
    this.#view.fit();
    this.#draw();
  }

  move(dx, dy) {
    this.#view.move(dx, dy);
    this.#draw();
  }

  /** Gives up the repair that runs; its strokes are there again. */
  cancel() {
    this.#running?.controller.abort();
  }

  /** The current picture under the name that a saved one should have. */
  download() {
    const { current, original } = this.#versions;
    const link = document.createElement("a");
    link.href = current.url;
    link.download = downloadName(original.name, current.blob.type);
    link.click();
  }

  async repair() {
    if (!this.canRepair) return;
    const running = { controller: new AbortController(), strokes: this.#strokes };
    this.#running = running;
    this.#strokes = [];
    this.#changed();
    try {
      await this.#repair(running);
      this.#ports.settled();
    } catch (cause) {
      if (this.#running === running) this.#strokes = [...running.strokes, ...this.#strokes];
      if (!running.controller.signal.aborted) this.#explain(cause);
    } finally {
      if (this.#running === running) this.#running = undefined;
      this.#changed();
    }
    if (this.#ports.isAutomatic() && !running.hasFailed && !running.controller.signal.aborted) {
      await this.repair();
    }
  }

  async #repair({ controller, strokes }) {
    const versions = this.#versions;
    const { signal } = controller;
    const mask = await maskOf(strokes, versions.current);
    const { blob, task } = await askForRepair({ photograph: versions.current, mask, signal });
    const repaired = await readPhotograph(blob, versions.original.name);
    if (signal.aborted) return URL.revokeObjectURL(repaired.url);
    versions.add(repaired);
    this.#ports.repaired(task);
    await this.#show();
  }

  #explain(cause) {
    if (this.#running) this.#running.hasFailed = true;
    const mayRetry = cause.mayHelpToRetry ? () => this.repair() : undefined;
    this.#ports.failed(cause.message, mayRetry);
  }

  #begin(point, pointerType) {
    if (!this.#versions) return;
    if (this.#comparison.isOn) return this.#moveDivider(point);
    if (pointerType === "touch") this.#hideCursor();
    this.#stroke = newStroke(this.#brush / this.#view.scale, this.#view.toPhotograph(point));
    this.#changed();
  }

  #extend(points) {
    if (this.#comparison.isOn) return this.#moveDivider(points[points.length - 1]);
    if (!this.#stroke) return;
    for (const point of points) extendStroke(this.#stroke, this.#view.toPhotograph(point));
    this.#draw();
  }

  #end() {
    if (!this.#stroke) return;
    this.#strokes.push(this.#stroke);
    this.#stroke = undefined;
    this.#changed();
    if (this.#ports.isAutomatic()) this.repair();
  }

  #abandon() {
    this.#stroke = undefined;
    this.#changed();
  }

  #moveDivider(point) {
    this.#comparison.moveTo(point, this.#view, this.#versions.current.width);
    this.#draw();
  }

  #showCursor({ x, y }) {
    if (this.#comparison.isOn) return;
    this.#elements.cursor.hidden = false;
    this.#elements.cursor.style.transform = `translate(${x - this.#brush / 2}px, ${y - this.#brush / 2}px)`;
  }

  #hideCursor() {
    this.#elements.cursor.hidden = true;
  }

  async #show() {
    const { current } = this.#versions;
    if (!this.#versions.hasRepairs) this.#comparison.switchTo(false);
    this.#view.setPhotograph(current);
    this.#elements.after.src = current.url;
    this.#changed();
    // A picture that goes again before it is decoded rejects this; what shows is then the next one.
    await this.#elements.after.decode().catch(() => {});
    this.#draw();
  }

  #changed() {
    this.#elements.stage.classList.toggle("is-busy", this.isRepairing);
    this.#draw();
    this.#ports.changed();
  }

  #draw() {
    if (this.#isFramePending) return;
    this.#isFramePending = true;
    requestAnimationFrame(() => {
      this.#isFramePending = false;
      if (!this.#versions) return;
      const { after, before, strokes } = this.#elements;
      after.style.transform = this.#view.transform;
      before.style.transform = this.#view.transform;
      const pending = [...(this.#running?.strokes ?? []), ...this.#strokes];
      if (this.#stroke) pending.push(this.#stroke);
      showStrokes(strokes, this.#comparison.isOn ? [] : pending, this.#view);
      this.#comparison.show(this.#view, this.#versions.current.width);
    });
  }
}
