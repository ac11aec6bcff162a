// Pictures in tiles on a canvas: what of them is shown, and how fingers, mouse and wheel move it.
// The viewer and the painter share it. Places are in widths of the picture, so that pictures of other sizes agree.
"use strict";

const MAX_TILES = 240; // decoded tiles that are kept for each picture
const MAX_MAGNIFICATION = 16; // canvas pixels for one pixel of the picture
const MAX_FRAMED = 4; // the same, at a place to look at
const SHARP_FROM = 2; // magnification from which single pixels are shown
const WHEEL_STEP = 0.0016;
const RETRY_MS = 1000; // until a tile that could not be loaded is requested again

class TiledPicture {
  // Loads the description at `address`; `changed` is called whenever a tile has arrived.
  static async open(address, changed) {
    const reply = await fetch(address, { headers: { Accept: "application/json" } });
    const description = await reply.json().catch(() => ({}));
    if (!reply.ok) throw new Error(description.error || `the desk answered ${reply.status}`);
    return new TiledPicture(address, description, changed);
  }

  constructor(address, { width, height, tile, levels }, changed) {
    Object.assign(this, { address, width, height, changed });
    this.side = tile;
    this.share = height / width; // height in widths
    this.tiles = new Map(); // by "level/column-row", the one used last at the end
    this.sizes = [];
    for (let level = levels - 1, size = [width, height]; level >= 0; level--) {
      this.sizes[level] = size;
      size = size.map((length) => Math.ceil(length / 2));
    }
  }

  // The coarsest level that has a pixel for each of the canvas.
  level(zoom) {
    const level = this.sizes.findIndex(([width]) => width >= zoom);
    return level < 0 ? this.sizes.length - 1 : level;
  }

  // Draw what is shown of it into a pane of the canvas; coarser tiles stand in for those that are still loading.
  draw(context, view, pane) {
    context.imageSmoothingEnabled = view.zoom < SHARP_FROM * this.width;
    const target = this.level(view.zoom);
    for (let level = 0; level <= target; level++) {
      if (level === 0 || level >= target - 2) this.drawLevel(context, view, pane, level, level === target || level === 0);
    }
  }

  drawLevel(context, view, pane, level, isLoaded) {
    const [width, height] = this.sizes[level];
    const scale = view.zoom / width; // canvas pixels for one pixel of this level
    const [originX, originY] = [pane.left + pane.width / 2 - view.x * view.zoom, pane.top + pane.height / 2 - view.y * view.zoom];
    const stretch = (this.share * width) / height; // a rounded height is stretched to the exact one
    const last = (length) => Math.ceil(length / this.side) - 1;
    const index = (place, length) => Math.max(0, Math.min(last(length), Math.floor(place / this.side)));
    const columns = [index((pane.left - originX) / scale, width), index((pane.left + pane.width - originX) / scale, width)];
    const scaleY = scale * stretch;
    const rows = [index((pane.top - originY) / scaleY, height), index((pane.top + pane.height - originY) / scaleY, height)];
    for (let row = rows[0]; row <= rows[1]; row++) {
      for (let column = columns[0]; column <= columns[1]; column++) {
        const tile = this.tile(level, column, row, isLoaded);
        if (!tile) continue;
        const left = Math.round(originX + column * this.side * scale);
        const top = Math.round(originY + row * this.side * scaleY);
        const right = Math.round(originX + (column * this.side + tile.naturalWidth) * scale);
        const bottom = Math.round(originY + (row * this.side + tile.naturalHeight) * scaleY);
        context.drawImage(tile, left, top, right - left, bottom - top);
      }
    }
  }

  // A tile that has arrived; one that is missing is requested where `isLoaded`.
  tile(level, column, row, isLoaded) {
    const name = `${level}/${column}-${row}`;
    let image = this.tiles.get(name);
    if (!image && isLoaded) {
      image = new Image();
      image.onload = () => this.changed();
      image.onerror = () => setTimeout(() => {
        this.tiles.delete(name);
        this.changed();
      }, RETRY_MS);
      image.src = `${this.address}/${name}`;
    }
    if (!image) return null;
    this.tiles.delete(name);
    this.tiles.set(name, image);
    if (this.tiles.size > MAX_TILES) this.tiles.delete(this.tiles.keys().next().value);
    return image.complete && image.naturalWidth ? image : null;
  }

  // Whether everything that is shown has arrived.
  get isComplete() {
    return [...this.tiles.values()].every((image) => image.complete && image.naturalWidth);
  }
}

// What is shown: the place in the middle, and canvas pixels for one width of the picture.
class View {
  constructor() {
    [this.x, this.y, this.zoom] = [0.5, 0.5, 1];
  }

  static fitting(picture, pane) {
    return Math.min(pane.width, pane.height / picture.share);
  }

  fit(picture, pane) {
    [this.x, this.y, this.zoom] = [0.5, picture.share / 2, View.fitting(picture, pane)];
  }

  // Show a box (left, top, width and height in pixels of the picture) with what is around it.
  frame(picture, pane, [left, top, width, height]) {
    const [wide, high] = [Math.max(width, 24) / picture.width, Math.max(height, 24) / picture.width];
    this.x = (left + width / 2) / picture.width;
    this.y = (top + height / 2) / picture.width;
    const closest = Math.max(View.fitting(picture, pane), MAX_FRAMED * picture.width);
    this.zoom = Math.min(closest, 0.5 * Math.min(pane.width / wide, pane.height / high));
    this.limit(picture, pane);
  }

  // Zoom about a point of the canvas, which stays where it is.
  zoomAt(factor, point, picture, pane) {
    const before = this.zoom;
    this.zoom *= factor;
    this.limit(picture, pane);
    const [dx, dy] = [point[0] - pane.left - pane.width / 2, point[1] - pane.top - pane.height / 2];
    this.x += dx / before - dx / this.zoom;
    this.y += dy / before - dy / this.zoom;
    this.limit(picture, pane);
  }

  move(dx, dy, picture, pane) {
    this.x -= dx / this.zoom;
    this.y -= dy / this.zoom;
    this.limit(picture, pane);
  }

  limit(picture, pane) {
    const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
    const least = Math.min(View.fitting(picture, pane), picture.width);
    this.zoom = clamp(this.zoom, least / 2, Math.max(least, MAX_MAGNIFICATION * picture.width));
    this.x = clamp(this.x, 0, 1);
    this.y = clamp(this.y, 0, picture.share);
  }

  // The place in widths of the picture at a point of the canvas.
  place(point, pane) {
    return [
      this.x + (point[0] - pane.left - pane.width / 2) / this.zoom,
      this.y + (point[1] - pane.top - pane.height / 2) / this.zoom,
    ];
  }
}

// Fingers, mouse and wheel on a canvas. `on` has pan(dx, dy), zoom(factor, point), and optionally takes(event, point),
// which says that one pointer draws rather than pans, with start(point), drag(point), end() and cancel().
class Gestures {
  constructor(canvas, on) {
    Object.assign(this, { canvas, on });
    this.pointers = new Map();
    this.isDrawing = false;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const point = this.point(event);
    this.pointers.set(event.pointerId, point);
    if (this.pointers.size > 1) this.stop("cancel");
    else if (this.on.takes && this.on.takes(event, point)) {
      this.isDrawing = true;
      this.on.start(point);
    }
  }

  moved(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const point = this.point(event);
    if (this.isDrawing) {
      const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const each of events.length ? events : [event]) this.on.drag(this.point(each));
    } else if (this.pointers.size === 1) {
      this.on.pan(point[0] - before[0], point[1] - before[1]);
    } else {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const middle = (one) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
      const apart = (one) => Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
      const [from, to] = [middle(before), middle(point)];
      this.on.pan(to[0] - from[0], to[1] - from[1]);
      this.on.zoom(apart(point) / apart(before), to);
    }
    this.pointers.set(event.pointerId, point);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    this.stop(event.type === "pointercancel" ? "cancel" : "end");
  }

  stop(how) {
    if (this.isDrawing) this.on[how]();
    this.isDrawing = false;
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 33 : 1;
    this.on.zoom(Math.exp(-event.deltaY * lines * WHEEL_STEP), this.point(event));
  }
}

// Keep a canvas as large as its frame, in pixels of the screen; `changed` is called after each change.
function fillFrame(canvas, changed) {
  const resize = () => {
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (width && height && (canvas.width !== width || canvas.height !== height)) {
      [canvas.width, canvas.height] = [width, height];
      changed();
    }
  };
  resize();
  new ResizeObserver(resize).observe(canvas);
}

// A function that draws once before the next frame, however often it is called.
function onNextFrame(draw) {
  let isRequested = false;
  return () => {
    if (isRequested) return;
    isRequested = true;
    requestAnimationFrame(() => {
      isRequested = false;
      draw();
    });
  };
}

// Load what is shown at first of pictures that are not open yet, so that they are there when they are.
async function loadAhead(addresses, pane) {
  const context = document.createElement("canvas").getContext("2d");
  for (const address of addresses) {
    const picture = await TiledPicture.open(address, () => {});
    const view = new View();
    view.fit(picture, pane);
    picture.draw(context, view, pane);
  }
}
