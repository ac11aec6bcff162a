// A mask is drawn over the picture in its own pixels, and sent as a PNG, white where to erase.
"use strict";

const tools = document.getElementById("tools");
const said = tools.querySelector("output");
const canvas = document.querySelector("#easel canvas");
const shown = canvas.getContext("2d");
const mask = document.createElement("canvas"); // clear where the picture stays
const ink = mask.getContext("2d", { willReadFrequently: true });
const picture = new Image();
const before = []; // what Undo goes back to
const MOST = 20;
let stroke = null;

function load(image, address) {
  return new Promise((done, failed) => {
    image.onload = done;
    image.onerror = () => failed(new Error("the picture cannot be shown"));
    image.src = address;
  });
}

function draw() {
  shown.drawImage(picture, 0, 0);
  shown.globalAlpha = 0.6;
  shown.drawImage(mask, 0, 0);
  shown.globalAlpha = 1;
}

function keep() {
  before.push(ink.getImageData(0, 0, mask.width, mask.height));
  if (before.length > MOST) before.shift();
}

function at(event) {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale, scale];
}

function line(from, to, width) {
  ink.globalCompositeOperation = tools.tool.value === "rubber" ? "destination-out" : "source-over";
  ink.lineWidth = width;
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.stroke();
  ink.globalCompositeOperation = "source-over";
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  keep();
  const [x, y, scale] = at(event);
  stroke = { start: [x, y], last: [x, y], width: tools.width.value * scale };
  if (tools.tool.value !== "box") line([x, y], [x + 0.01, y], stroke.width);
  draw();
});

canvas.addEventListener("pointermove", (event) => {
  if (!stroke) return;
  const [x, y] = at(event);
  if (tools.tool.value === "box") {
    ink.putImageData(before[before.length - 1], 0, 0);
    ink.fillRect(...stroke.start, x - stroke.start[0], y - stroke.start[1]);
  } else {
    line(stroke.last, [x, y], stroke.width);
  }
  stroke.last = [x, y];
  draw();
});

canvas.addEventListener("pointerup", () => (stroke = null));

function undo() {
  if (before.length) ink.putImageData(before.pop(), 0, 0);
  draw();
}

tools.undo.addEventListener("click", undo);
tools.clear.addEventListener("click", () => {
  keep();
  ink.clearRect(0, 0, mask.width, mask.height);
  draw();
});

document.addEventListener("keydown", (event) => {
  const tool = { b: "brush", m: "box", e: "rubber" }[event.key];
  if (event.key === "z") undo();
  else if (tool) tools.tool.value = tool;
});

// white on black, without the grey of soft edges: what was touched goes
function finished() {
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
  said.className = "";
  said.textContent = "…";
  const body = new FormData();
  body.set("_xsrf", tools._xsrf.value);
  body.set("mask", await finished(), "mask.png");
  try {
    const reply = await fetch(tools.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await reply.json();
    if (!reply.ok) throw new Error(told.error);
    location.assign(told.back);
  } catch (error) {
    said.className = "error";
    said.textContent = error.message;
  }
});

load(picture, tools.dataset.picture)
  .then(async () => {
    [canvas.width, canvas.height] = [mask.width, mask.height] = [picture.naturalWidth, picture.naturalHeight];
    [ink.strokeStyle, ink.fillStyle, ink.lineCap, ink.lineJoin] = ["#f0f", "#f0f", "round", "round"];
    if (tools.dataset.found) {
      const found = new Image();
      await load(found, tools.dataset.found);
      ink.drawImage(found, 0, 0);
      ink.globalCompositeOperation = "source-in";
      ink.fillRect(0, 0, mask.width, mask.height);
      ink.globalCompositeOperation = "source-over";
    }
    draw();
  })
  .catch((error) => {
    said.className = "error";
    said.textContent = error.message;
  });
