// Lets a person draw a mask over the picture, at the picture's resolution, and sends it as a PNG: white where to erase.
"use strict";

const tools = document.getElementById("tools");
const output = tools.querySelector("output");
const canvas = document.querySelector("#canvas-frame canvas");
const view = canvas.getContext("2d");
const mask = document.createElement("canvas"); // transparent where the picture stays
const ink = mask.getContext("2d", { willReadFrequently: true });
const picture = new Image();
const undoStack = []; // earlier masks, for Undo
const MAX_UNDO_STEPS = 20;
let stroke = null;
let isUnsent = false;

// The browser asks before it leaves the page and loses what was drawn.
window.addEventListener("beforeunload", (event) => {
  if (isUnsent) event.preventDefault();
});

function load(image, address) {
  return new Promise((done, failed) => {
    image.onload = done;
    image.onerror = () => failed(new Error("the picture cannot be loaded"));
    image.src = address;
  });
}

function draw() {
  view.drawImage(picture, 0, 0);
  view.globalAlpha = 0.6;
  view.drawImage(mask, 0, 0);
  view.globalAlpha = 1;
}

function remember() {
  isUnsent = true;
  undoStack.push(ink.getImageData(0, 0, mask.width, mask.height));
  if (undoStack.length > MAX_UNDO_STEPS) undoStack.shift();
}

function position(event) {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, scale];
}

function line(from, to, width) {
  ink.globalCompositeOperation = tools.tool.value === "eraser" ? "destination-out" : "source-over";
  ink.lineWidth = width;
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.stroke();
  ink.globalCompositeOperation = "source-over";
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  remember();
  const [x, y, scale] = position(event);
  stroke = { start: [x, y], last: [x, y], width: tools.width.value * scale };
  if (tools.tool.value !== "box") line([x, y], [x + 0.01, y], stroke.width);
  draw();
});

canvas.addEventListener("pointermove", (event) => {
  if (!stroke) return;
  const [x, y] = position(event);
  if (tools.tool.value === "box") {
    ink.putImageData(undoStack[undoStack.length - 1], 0, 0);
    ink.fillRect(...stroke.start, x - stroke.start[0], y - stroke.start[1]);
  } else {
    line(stroke.last, [x, y], stroke.width);
  }
  stroke.last = [x, y];
  draw();
});

canvas.addEventListener("pointerup", () => (stroke = null));

function undo() {
  if (undoStack.length) ink.putImageData(undoStack.pop(), 0, 0);
  draw();
}

tools.undo.addEventListener("click", undo);
tools.clear.addEventListener("click", () => {
  remember();
  ink.clearRect(0, 0, mask.width, mask.height);
  draw();
});

document.addEventListener("keydown", (event) => {
  const tool = { b: "brush", m: "box", e: "eraser" }[event.key];
  if (event.key === "z") undo();
  else if (tool) tools.tool.value = tool;
});

// The mask as a PNG, white on black, without the grey of antialiased edges.
function maskAsPng() {
  const pixels = ink.getImageData(0, 0, mask.width, mask.height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    pixels.data.fill(pixels.data[i + 3] > 63 ? 255 : 0, i, i + 3);
    pixels.data[i + 3] = 255;
  }
  const out = document.createElement("canvas");
  [out.width, out.height] = [mask.width, mask.height];
  out.getContext("2d").putImageData(pixels, 0, 0);
  return new Promise((done) => out.toBlob(done, "image/png"));
}

tools.addEventListener("submit", async (event) => {
  event.preventDefault();
  output.className = "";
  output.textContent = "…";
  const body = new FormData();
  body.set("_xsrf", tools._xsrf.value);
  body.set("mask", await maskAsPng(), "mask.png");
  try {
    const reply = await fetch(tools.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const result = await reply.json();
    if (!reply.ok) throw new Error(result.error);
    isUnsent = false;
    location.assign(result.back);
  } catch (error) {
    output.className = "error";
    output.textContent = error.message;
  }
});

load(picture, tools.dataset.picture)
  .then(async () => {
    [canvas.width, canvas.height] = [mask.width, mask.height] = [picture.naturalWidth, picture.naturalHeight];
    [ink.strokeStyle, ink.fillStyle, ink.lineCap, ink.lineJoin] = ["#f0f", "#f0f", "round", "round"];
    if (tools.dataset.mask) {
      const proposal = new Image();
      await load(proposal, tools.dataset.mask);
      ink.drawImage(proposal, 0, 0);
      ink.globalCompositeOperation = "source-in";
      ink.fillRect(0, 0, mask.width, mask.height);
      ink.globalCompositeOperation = "source-over";
    }
    draw();
  })
  .catch((error) => {
    output.className = "error";
    output.textContent = error.message;
  });
