// Where one looks: zoom, pan, fit, and keeping what matters in sight.
//
// Invariant: the scene's transform is always that of `view`. Far away, texts are left out, and so is everything that
// is out of sight in large graphs: painting texts is what costs time.

const view = { x: 0, y: 0, scale: 1 };
const NEAREST = 4;
const FAR = 0.34; // below this scale nobody can read, and where so many cards are in sight, nobody does
const CROWD = 250;
const READABLE = 0.7; // from this scale on cards can be read
const MANY = 400; // cards, from which on those out of sight are not drawn
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const area = { width: 0, height: 0 }; // of the graph on the screen, kept: asking for it lays the page out anew
const away = document.getElementById("away"); // holds the cards that are out of sight
let drawing = 0; // the frame that is asked for
let moving = 0;
let isFitted = false; // whether all of it is shown, and nobody has looked elsewhere since
let goal = view; // where the view moves to, while it does

function measure() {
  const { width, height } = graph.getBoundingClientRect();
  Object.assign(area, { width, height });
}
new ResizeObserver(measure).observe(graph);

function look() {
  if (!drawing) drawing = requestAnimationFrame(paint);
}

function paint() {
  drawing = 0;
  scene.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  const count = NODES.length > MANY ? hideUnseen() : 0;
  scene.classList.toggle("far", view.scale < FAR || (view.scale < READABLE && count > CROWD));
}

/** Takes what is out of sight out of the scene, or hides it; how many cards are in sight. */
function hideUnseen() {
  const left = -view.x / view.scale;
  const top = -view.y / view.scale;
  const right = left + area.width / view.scale;
  const bottom = top + area.height / view.scale;
  const seen = ([x, y, w, h]) => x <= right && y <= bottom && x + w >= left && y + h >= top;
  let count = 0;
  nodeParts.forEach((parts, id) => {
    const box = layout.nodes.get(id);
    count += keepInScene(parts, Boolean(box) && (seen(box) || parts.group === picked));
  });
  for (const wire of wireParts) wire.group.classList.toggle("unseen", !seen(wire.box));
  return count;
}

/** Why not only hidden: whenever the scale changes, browsers go through every text in a scene, seen or not. */
function keepInScene(parts, isSeen) {
  if (parts.isAway === isSeen) {
    parts.isAway = !isSeen;
    (isSeen ? layers.cards : away).append(parts.group);
  }
  return isSeen;
}

function leastScale() {
  return Math.min(1, fittingScale()) * 0.5;
}

function fittingScale() {
  const { width, height } = area;
  return Math.min(width / layout.width, height / layout.height);
}

/** Shows the whole picture. */
function fit() {
  stopMoving();
  const { width, height } = area;
  view.scale = Math.min(Math.max(1.25, width / 1400), fittingScale()); // larger only on large screens
  view.x = (width - layout.width * view.scale) / 2;
  view.y = (height - layout.height * view.scale) / 2;
  isFitted = true;
  look();
}

function zoom(factor, x = null, y = null) {
  stopMoving();
  const { width, height } = area;
  const [cx, cy] = [x ?? width / 2, y ?? height / 2];
  const scale = Math.max(leastScale(), Math.min(NEAREST, view.scale * factor));
  view.x = cx - ((cx - view.x) * scale) / view.scale;
  view.y = cy - ((cy - view.y) * scale) / view.scale;
  view.scale = scale;
  look();
}

function pan(dx, dy) {
  stopMoving();
  view.x += dx;
  view.y += dy;
  look();
}

/** Moves as little as is needed for a box to be in sight, and nearer if it is to be read. */
function bringIntoSight([x, y, w, h], toRead = false) {
  const { width, height } = area;
  const from = moving ? goal : view;
  const scale = toRead && from.scale < READABLE ? 0.9 : from.scale;
  const margin = Math.min(150, width / 5, height / 5);
  let left = scale === from.scale ? from.x : width / 2 - (x + w / 2) * scale;
  let top = scale === from.scale ? from.y : height / 2 - (y + h / 2) * scale;
  left += Math.max(0, margin - (x * scale + left)) - Math.max(0, (x + w) * scale + left - (width - margin));
  top += Math.max(0, margin - (y * scale + top)) - Math.max(0, (y + h) * scale + top - (height - margin));
  if (left !== from.x || top !== from.y || scale !== from.scale) moveTo({ x: left, y: top, scale });
}

function moveTo(there) {
  stopMoving();
  goal = there;
  if (still.matches) {
    Object.assign(view, goal);
    look();
    return;
  }
  const from = { ...view };
  const start = performance.now();
  const move = (time) => {
    const t = Math.min(1, Math.max(0, (time - start) / 200));
    const eased = t * (2 - t);
    for (const key of ["x", "y", "scale"]) view[key] = from[key] + (goal[key] - from[key]) * eased;
    moving = t < 1 ? requestAnimationFrame(move) : 0;
    look();
  };
  moving = requestAnimationFrame(move);
}

function stopMoving() {
  isFitted = false;
  cancelAnimationFrame(moving);
  moving = 0;
}

// ── with the pointer ────────────────────────────────────────────────────────

const pointers = new Map();
let dragged = false; // whether the last press was more than a click

function placeIn(event) {
  const { left, top } = graph.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

graph.addEventListener("wheel", (event) => {
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  if (event.shiftKey) pan(-event.deltaY * unit - event.deltaX * unit, 0);
  else zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0016)), ...placeIn(event));
}, { passive: false });

graph.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  if (!pointers.size) dragged = false;
  pointers.set(event.pointerId, placeIn(event));
});

window.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const [x, y] = placeIn(event);
  if (pointers.size === 2) pinch(event.pointerId, before, [x, y]);
  else if (dragged || Math.hypot(x - before[0], y - before[1]) > 3) {
    dragged = true;
    graph.classList.add("dragging");
    pan(x - before[0], y - before[1]);
  } else return;
  pointers.set(event.pointerId, [x, y]);
});

function pinch(moved, before, after) {
  dragged = true;
  const [other] = [...pointers].filter(([id]) => id !== moved).map(([, place]) => place);
  const spread = (place) => Math.max(1, Math.hypot(place[0] - other[0], place[1] - other[1]));
  const middle = (place) => [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2];
  pan(middle(after)[0] - middle(before)[0], middle(after)[1] - middle(before)[1]);
  zoom(spread(after) / spread(before), ...middle(after));
}

for (const name of ["pointerup", "pointercancel"]) {
  window.addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) graph.classList.remove("dragging");
  });
}
