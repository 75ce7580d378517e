// Turns what hands do on the stage into what is meant: one finger, pen or left button paints (or
// moves the divider while comparing), two fingers or another button move the view, wheels zoom.

const wheelZoom = 0.0016;
/** A second finger within this time means that the first was no stroke. */
const pinchGraceMs = 250;

/**
 * `meaning` has: begin(point, pointerType), draw(points), end(), abandon(), hover(point),
 * leave(), move(dx, dy), zoom(factor, at). Points are on the stage.
 */
export function watchGestures(stage, meaning) {
  const fingers = new Map();
  let mode = "none";
  let beganAt = 0;

  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button, label")) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 2) {
      const isStray = mode === "draw" && event.timeStamp - beganAt < pinchGraceMs;
      if (isStray) meaning.abandon();
      else if (mode === "draw") meaning.end();
      mode = "pinch";
      meaning.leave();
    } else if (fingers.size === 1) {
      beganAt = event.timeStamp;
      mode = event.button === 0 ? "draw" : "move";
      stage.classList.toggle("is-moving", mode === "move");
      if (mode === "draw") meaning.begin(at(event), event.pointerType);
    }
  });

  stage.addEventListener("pointermove", (event) => {
    const point = at(event);
    if (event.pointerType !== "touch") meaning.hover(point);
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (mode === "draw") meaning.draw(coalesced(event).map(at));
    else if (mode === "move") meaning.move(point.x - before.x, point.y - before.y);
    else if (mode === "pinch") pinch(fingers, event.pointerId, point, meaning);
    fingers.set(event.pointerId, point);
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (mode === "draw") {
      if (event.type === "pointercancel") meaning.abandon();
      else meaning.end();
    }
    stage.classList.remove("is-moving");
    // After a pinch the finger that stays does not begin to paint.
    mode = mode === "pinch" && fingers.size > 0 ? "pinch" : "none";
  };
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("pointerleave", () => meaning.leave());
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 0 ? event.deltaY : event.deltaY * 32;
      if (event.shiftKey) meaning.move(-(event.deltaX || lines), 0);
      else meaning.zoom(Math.exp(-lines * wheelZoom * (event.ctrlKey ? 4 : 1)), at(event));
    },
    { passive: false },
  );
}

/** Every point since the last event, where the browser keeps them: fast strokes stay round. */
const coalesced = (event) => {
  const events = event.getCoalescedEvents?.() ?? [];
  return events.length > 0 ? events : [event];
};

function pinch(fingers, id, point, meaning) {
  const before = fingers.get(id);
  const other = [...fingers].find(([otherId]) => otherId !== id)?.[1];
  if (!other) return;
  const distance = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
  const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
  meaning.move((point.x - before.x) / 2, (point.y - before.y) / 2);
  meaning.zoom(distance(point, other) / distance(before, other), middle);
}
