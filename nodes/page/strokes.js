// Strokes are kept as points of the photograph, not as pixels: they stay sharp at any zoom and any
// screen, cost no memory that grows with the photograph, and become pixels only as the mask.

/** Points nearer than this part of the brush's width add nothing that shows. */
const spacing = 0.08;
/** Rows of the mask that are made black and white at a time, to need little memory. */
const bandRows = 256;

export const newStroke = (size, point) => ({ size, points: [point] });

export function extendStroke(stroke, point) {
  const last = stroke.points[stroke.points.length - 1];
  const distance = Math.hypot(point.x - last.x, point.y - last.y);
  if (distance >= Math.max(0.25, stroke.size * spacing)) stroke.points.push(point);
}

function drawStrokes(context, strokes) {
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { size, points } of strokes) {
    context.lineWidth = size;
    context.beginPath();
    const [first, ...rest] = points;
    context.moveTo(first.x, first.y);
    // A line to itself is a dot.
    if (rest.length === 0) context.lineTo(first.x, first.y);
    for (const { x, y } of rest) context.lineTo(x, y);
    context.stroke();
  }
}

/** Draws the strokes as the view shows them; the canvas has as many pixels as the screen. */
export function showStrokes(canvas, strokes, view) {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  const scale = view.scale * ratio;
  context.setTransform(scale, 0, 0, scale, view.x * ratio, view.y * ratio);
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--stroke");
  drawStrokes(context, strokes);
}

/** The mask as PNG of the photograph's size: white where strokes are, black elsewhere, no greys. */
export async function maskOf(strokes, { width, height }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw a mask as large as this photograph.");
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  context.strokeStyle = "#fff";
  drawStrokes(context, strokes);
  for (let top = 0; top < height; top += bandRows) {
    sharpen(context, top, width, Math.min(bandRows, height - top));
  }
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("This browser cannot draw a mask as large as this photograph.");
  return blob;
}

function sharpen(context, top, width, height) {
  const band = context.getImageData(0, top, width, height);
  const words = new Uint32Array(band.data.buffer);
  for (let index = 0; index < words.length; index++) {
    words[index] = (words[index] & 0xff) >= 128 ? 0xffffffff : 0xff000000;
  }
  context.putImageData(band, 0, top);
}
