// Lets a person draw a mask over the picture. Strokes are kept as lines, drawn for the part that is shown, and sent as
// lines too: the desk makes the mask of them at full size. So it is as quick on a huge picture as on a small one.
"use strict";

{ // names of its own, beside those of the other scripts
  const COLOUR = "#f0f";
  const OPACITY = 0.55;
  const MIN_STEP = 1.5; // pixels of the screen between two points of a line
  const ZOOM_STEP = 1.5;

  const painter = document.getElementById("painter");
  const tools = document.getElementById("tools");
  const output = tools.querySelector("output");
  const canvas = painter.querySelector("canvas");
  const context = canvas.getContext("2d");
  const layer = document.createElement("canvas"); // the mask as it is shown, in pixels of the screen
  const ink = layer.getContext("2d");
  const view = new View();
  const draft = `mask ${tools.dataset.image} ${tools.dataset.version}`; // where strokes outlive a reload
  let strokes = JSON.parse(sessionStorage.getItem(draft) || "[]");
  let undone = [];
  let stroke = null; // the one that is being drawn
  let pointer = null; // where the outline of the brush is shown
  let picture = null;
  let proposal = null; // the mask that was found, in tiles
  let isSent = false;
  let isLayerOld = true;
  let isPanning = false; // while the space bar is held

  const pane = () => ({ left: 0, top: 0, width: canvas.width, height: canvas.height });
  const screenScale = () => window.devicePixelRatio || 1;
  const pixel = () => view.zoom / picture.width; // canvas pixels for one pixel of the picture
  const brushWidth = () => Number(tools.width.value) * screenScale(); // canvas pixels

  // The browser asks before it leaves the page and loses what was drawn.
  window.addEventListener("beforeunload", (event) => {
    if (strokes.length && !isSent) event.preventDefault();
  });

  function keep() {
    try {
      sessionStorage.setItem(draft, JSON.stringify(strokes));
    } catch {
      // a drawing that is too large for the browser's store is only in this page
    }
    tools.undo.disabled = !strokes.length;
    tools.redo.disabled = !undone.length;
    painter.dataset.strokes = strokes.length;
  }

  // From pixels of the picture to pixels of the canvas.
  function toCanvas([x, y]) {
    return [
      canvas.width / 2 + (x / picture.width - view.x) * view.zoom,
      canvas.height / 2 + (y / picture.width - view.y) * view.zoom,
    ];
  }

  function toPicture(point) {
    return view.place(point, pane()).map((each) => Math.round(each * picture.width * 10) / 10);
  }

  function paint(one, from = 0) {
    ink.globalCompositeOperation = one.tool === "eraser" ? "destination-out" : "source-over";
    if (one.tool === "clear") {
      ink.clearRect(0, 0, layer.width, layer.height);
    } else if (one.tool === "box") {
      const [[left, top], [right, bottom]] = [toCanvas(one.points[0]), toCanvas(one.points.at(-1))];
      ink.fillRect(left, top, right - left, bottom - top);
    } else {
      ink.lineWidth = Math.max(1, one.width * pixel());
      ink.beginPath();
      const points = one.points.slice(Math.max(0, from - 1)).map(toCanvas);
      ink.moveTo(...points[0]);
      for (const point of points) ink.lineTo(...point);
      if (points.length === 1) ink.lineTo(points[0][0] + 0.01, points[0][1]);
      ink.stroke();
    }
    ink.globalCompositeOperation = "source-over";
  }

  function paintLayer() {
    [layer.width, layer.height] = [canvas.width, canvas.height];
    if (proposal) {
      proposal.draw(ink, view, pane());
      ink.globalCompositeOperation = "source-in";
      ink.fillStyle = COLOUR;
      ink.fillRect(0, 0, layer.width, layer.height);
    }
    [ink.strokeStyle, ink.fillStyle, ink.lineCap, ink.lineJoin] = [COLOUR, COLOUR, "round", "round"];
    for (const one of strokes) paint(one);
    if (stroke) paint(stroke);
    isLayerOld = false;
  }

  const draw = onNextFrame(() => {
    if (!picture || !canvas.width) return;
    if (isLayerOld) paintLayer();
    context.clearRect(0, 0, canvas.width, canvas.height);
    picture.draw(context, view, pane());
    context.globalAlpha = OPACITY;
    context.drawImage(layer, 0, 0);
    context.globalAlpha = 1;
    drawOutline();
    const loaded = [picture, proposal].every((each) => !each || each.isComplete);
    Object.assign(painter.dataset, { zoom: view.zoom.toFixed(2), x: view.x.toFixed(4), y: view.y.toFixed(4), complete: loaded });
  });

  function drawOutline() {
    if (!pointer || isPanning) return;
    const radius = tools.tool.value === "box" ? 3 * screenScale() : brushWidth() / 2;
    for (const [colour, width] of [["#000", 3], ["#fff", 1]]) {
      context.beginPath();
      context.arc(...pointer, radius, 0, 7);
      [context.strokeStyle, context.lineWidth] = [colour, width * screenScale()];
      context.stroke();
    }
  }

  function redraw() {
    isLayerOld = true;
    draw();
  }

  function add(one) {
    strokes.push(one);
    undone = [];
    keep();
  }

  function undo() {
    if (strokes.length) undone.push(strokes.pop());
    keep();
    redraw();
  }

  function redo() {
    if (undone.length) strokes.push(undone.pop());
    keep();
    redraw();
  }

  function zoomBy(factor, point = [canvas.width / 2, canvas.height / 2]) {
    if (picture) view.zoomAt(factor, point, picture, pane());
    redraw();
  }

  function panBy(dx, dy) {
    if (picture) view.move(dx, dy, picture, pane());
    redraw();
  }

  new Gestures(canvas, {
    pan: panBy,
    zoom: zoomBy,
    takes: (event) => picture && event.button === 0 && !isPanning,
    start: (point) => {
      pointer = point;
      stroke = { tool: tools.tool.value, width: Math.round((10 * brushWidth()) / pixel()) / 10, points: [toPicture(point)] };
      if (stroke.tool === "box") stroke.points.push(stroke.points[0]);
      paint(stroke);
      draw();
    },
    drag: (point) => {
      pointer = point;
      if (stroke.tool === "box") {
        stroke.points[1] = toPicture(point);
        redraw();
        return;
      }
      const last = toCanvas(stroke.points.at(-1));
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) < MIN_STEP * screenScale()) return;
      stroke.points.push(toPicture(point));
      paint(stroke, stroke.points.length - 1);
      draw();
    },
    end: () => {
      add(stroke);
      stroke = null;
      redraw();
    },
    cancel: () => {
      stroke = null;
      redraw();
    },
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const box = canvas.getBoundingClientRect();
    pointer = [(event.clientX - box.left) * screenScale(), (event.clientY - box.top) * screenScale()];
    draw();
  });
  for (const name of ["pointerleave", "pointerup"]) {
    canvas.addEventListener(name, (event) => {
      if (name === "pointerup" && event.pointerType !== "touch") return;
      pointer = null;
      draw();
    });
  }

  tools.undo.addEventListener("click", undo);
  tools.redo.addEventListener("click", redo);
  tools.clear.addEventListener("click", () => {
    add({ tool: "clear" });
    redraw();
  });
  tools.fit.addEventListener("click", () => {
    view.fit(picture, pane());
    redraw();
  });
  tools.larger.addEventListener("click", () => zoomBy(ZOOM_STEP));
  tools.smaller.addEventListener("click", () => zoomBy(1 / ZOOM_STEP));
  tools.width.addEventListener("input", () => {
    pointer = [canvas.width / 2, canvas.height / 2]; // its outline shows the new width
    draw();
  });

  document.addEventListener("keydown", (event) => {
    if (keys.open) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const letter = event.key.toLowerCase();
    if (letter === "z") event.shiftKey ? redo() : undo();
    else if (letter === "y") redo();
    else if (isCommand || event.altKey) return;
    else if (event.key === " " && !event.target.closest("button")) isPanning = true;
    else if (event.key === "[" || event.key === "]") tools.width.value = Number(tools.width.value) * (event.key === "]" ? 1.25 : 0.8);
    else if (event.key === "+" || event.key === "=") zoomBy(ZOOM_STEP);
    else if (event.key === "-") zoomBy(1 / ZOOM_STEP);
    else if (event.key === "0") tools.fit.click();
    else if ({ b: 1, m: 1, e: 1 }[letter]) tools.tool.value = { b: "brush", m: "box", e: "eraser" }[letter];
    else return;
    event.preventDefault();
    canvas.classList.toggle("moving", isPanning);
    draw();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== " ") return;
    isPanning = false;
    canvas.classList.remove("moving");
    draw();
  });

  tools.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.className = "";
    output.textContent = "…";
    const body = new FormData();
    body.set("_xsrf", tools._xsrf.value);
    body.set("version", tools.dataset.version);
    body.set("strokes", new Blob([JSON.stringify(strokes)], { type: "application/json" }), "strokes.json");
    try {
      const result = await send(tools, body);
      isSent = true;
      sessionStorage.removeItem(draft);
      location.assign(result.back);
    } catch (error) {
      output.className = "error";
      output.textContent = error.message;
    }
  });

  async function start() {
    picture = await TiledPicture.open(tools.dataset.picture, draw);
    if (tools.dataset.mask) proposal = await TiledPicture.open(tools.dataset.mask, redraw);
    view.fit(picture, pane());
    if (strokes.length) output.textContent = "Your drawing is here again.";
    keep();
    redraw();
  }

  fillFrame(canvas, () => {
    if (picture) view.limit(picture, pane());
    redraw();
  });
  start().catch((error) => {
    output.className = "error";
    output.textContent = error.message;
  });
}
