// The page: opens photographs however they come, and connects buttons, keys and messages to the studio.
import { ClusterStrip } from "./cluster-strip.js";
import { Notice } from "./notice.js";
import { Studio } from "./studio.js";

const element = (id) => document.getElementById(id);

const notice = new Notice();
const strip = new ClusterStrip();
const stage = element("stage");
const brush = element("brush");
const keyMove = 60;
const keyZoom = 1.25;
const brushStep = 1.2;

const studio = new Studio(
  {
    stage,
    after: element("after"),
    before: element("before"),
    strokes: element("strokes"),
    cursor: element("cursor"),
    comparison: {
      stage,
      before: element("before"),
      divider: element("divider"),
      row: element("compare-row"),
      slider: element("compare-at"),
      button: element("compare"),
      beforeTag: element("before-tag"),
      afterTag: element("after-tag"),
    },
  },
  {
    limits: () => strip.status?.limits,
    failed: (text, retry) => notice.show(text, retry),
    settled: () => notice.hide(),
    repaired: (task) => strip.repaired(task),
    isAutomatic: () => element("automatic").checked,
    changed: showState,
  },
);

function showState() {
  element("repair").disabled = !studio.canRepair;
  element("undo").disabled = !studio.canUndo;
  element("clear").disabled = !studio.hasStrokes;
  element("compare").disabled = !studio.canCompare;
  element("download").disabled = !studio.canCompare;
  showProgress(studio.isRepairing);
}

let progressTimer;
function showProgress(isRepairing) {
  const progress = element("progress");
  if (progress.hidden !== isRepairing) return;
  progress.hidden = !isRepairing;
  clearInterval(progressTimer);
  if (!isRepairing) return;
  const since = performance.now();
  const tell = () => {
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    element("progress-text").textContent = `Repairing ${seconds} s`;
  };
  tell();
  progressTimer = setInterval(tell, 100);
}

async function open(blob, name) {
  notice.hide();
  try {
    await studio.open(blob, name);
  } catch (cause) {
    notice.show(cause.message);
    return;
  }
  element("welcome").hidden = true;
  element("studio").hidden = false;
  element("photograph-name").textContent = name;
  stage.focus({ preventScroll: true });
}

function openFirst(items) {
  const file = [...items].find((item) => item.type.startsWith("image/")) ?? items[0];
  if (file) open(file, file.name || "photograph.png");
}

function setBrush(size) {
  const bounded = Math.min(Number(brush.max), Math.max(Number(brush.min), Math.round(size)));
  brush.value = String(bounded);
  element("brush-size").textContent = String(bounded);
  studio.brush = bounded;
}

const file = element("file");
file.addEventListener("change", () => {
  openFirst(file.files);
  // So that choosing the same file again is a change.
  file.value = "";
});
document.addEventListener("paste", (event) => openFirst(event.clipboardData.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("is-dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("is-dropping");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("is-dropping");
  openFirst(event.dataTransfer.files);
});

element("sample").addEventListener("click", async () => {
  try {
    const response = await fetch(strip.status.sample);
    if (!response.ok) throw new Error("The sample photograph is not there any more.");
    await open(await response.blob(), "sample.jpg");
  } catch (cause) {
    notice.show(cause.message);
  }
});

const actions = {
  repair: () => studio.repair(),
  undo: () => studio.undo(),
  clear: () => studio.clear(),
  compare: () => studio.compare(),
  cancel: () => studio.cancel(),
  download: () => studio.download(),
  "zoom-in": () => studio.zoom(keyZoom),
  "zoom-out": () => studio.zoom(1 / keyZoom),
  "zoom-fit": () => studio.fit(),
};
for (const [id, act] of Object.entries(actions)) element(id).addEventListener("click", act);
brush.addEventListener("input", () => setBrush(Number(brush.value)));

const keys = {
  "[": () => setBrush(studio.brush / brushStep),
  "]": () => setBrush(studio.brush * brushStep),
  " ": () => studio.compare(),
  Enter: () => studio.repair(),
  Escape: () => studio.cancel(),
  0: () => studio.fit(),
  "+": () => studio.zoom(keyZoom),
  "-": () => studio.zoom(1 / keyZoom),
};
const arrows = {
  ArrowLeft: [keyMove, 0],
  ArrowRight: [-keyMove, 0],
  ArrowUp: [0, keyMove],
  ArrowDown: [0, -keyMove],
};

document.addEventListener("keydown", (event) => {
  if (element("studio").hidden || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== "z" || event.shiftKey) return;
    event.preventDefault();
    studio.undo();
    return;
  }
  // Space and Enter press what has the focus; arrows move a slider that has it.
  const hasOwnUse = event.target.closest?.("button, a, input, label");
  if (hasOwnUse && (event.key.length > 1 || event.key === " ")) return;
  const arrow = arrows[event.key];
  const act = arrow ? () => studio.move(...arrow) : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

window.addEventListener("unhandledrejection", ({ reason }) => {
  notice.show(`Something unexpected happened: ${reason?.message ?? reason}`);
});

// Reached by keyboard, so that arrows move the view.
stage.tabIndex = 0;
setBrush(Number(brush.value));
showState();
strip.watch((status) => {
  element("sample").hidden = !status.sample;
});
