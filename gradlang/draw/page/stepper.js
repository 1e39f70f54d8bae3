// The stepper: one position in the program, and everything that shows it.
//
// Invariant: what is drawn is always what `position` says, however one got there; a step changes only the cards whose
// state changes. null is the whole graph, as the run left it.

let position = null;
let timer = 0;
const cardStates = []; // by node, what its card shows now
let lit = []; // elements with a class of the present step
const controls = {};
const BUTTONS = ["first", "back", "play", "next", "last", "whole"];
for (const name of [...BUTTONS, "progress", "speed", "where", "panel", "spoken", "phase"]) {
  controls[name] = document.getElementById(name);
}

// ── cards ───────────────────────────────────────────────────────────────────

/** What a node has at the position: whether it is still to be computed, and the texts of its numbers. */
function stateOf(id) {
  if (position === null) return { pending: false, data: dataRows(id), grad: gradRows(id) };
  const pending = position < (computedAt.get(id) ?? 0);
  const data = pending ? ["—"] : now ? [show(now.data[id])] : cardRows[id].data;
  return { pending, data, grad: cardRows[id].grad.length ? gradRowsAt(id, position) || ["—"] : [] };
}

/** Shows every node as it is at the position. */
function showCards() {
  NODES.forEach((node, id) => {
    if (!nodeParts[id]) return;
    const { pending, data, grad } = stateOf(id);
    const state = `${pending}|${data.join("\n")}|${grad.join("\n")}`;
    if (cardStates[id] === state) return;
    cardStates[id] = state;
    const { group, rows } = nodeParts[id];
    group.classList.toggle("pending", pending);
    rows.data.forEach((line, i) => (line.textContent = data[i] ?? ""));
    rows.grad.forEach((line, i) => (line.textContent = grad[i] ?? ""));
  });
}

/** The element of a node, or of the closed block that stands for it. */
function groupOf(id) {
  const block = hiding(id);
  return block === null ? nodeParts[id]?.group : blockParts[block]?.group;
}

function lightUp(id, name) {
  const group = groupOf(id);
  if (!group) return;
  group.classList.add(name);
  lit.push([group, name]);
}

/** Lights what the present step is about: the operation, its inputs and the wires between them. */
function showLights() {
  for (const [group, name] of lit) group.classList.remove(name);
  lit = [];
  litWires.setAttribute("d", "");
  const id = presentNode();
  graph.classList.toggle("backward", position !== null && position >= SEEDED && BACKWARD.length > 0);
  document.body.classList.toggle("backward-now", graph.classList.contains("backward"));
  if (id === null) return;
  lightUp(id, "present");
  if (position === SEEDED) return;
  const inputs = NODES[id].inputs.filter((input) => position < SEEDED || NODES[input].grad !== null);
  for (const input of inputs) if (groupOf(input) !== groupOf(id)) lightUp(input, "given");
  lightWires([...new Set(inputs)], id);
}

/** The node that the present step is about, or null. */
function presentNode() {
  if (!position) return null;
  if (position < SEEDED) return FORWARD[position - 1];
  return position === SEEDED ? DATA.root : BACKWARD[position - SEEDED - 1];
}

// ── the panel ───────────────────────────────────────────────────────────────

function showPanel() {
  const phase = position === null ? "whole graph" : !position ? "start" : position < SEEDED ? "forward" : "backward";
  controls.where.textContent = position === null ? "the whole graph"
    : `step ${position.toLocaleString("en")} of ${LAST.toLocaleString("en")}${position ? ` · ${phase}` : ""}`;
  controls.phase.className = `phase ${phase.replace(" ", "-")}`;
  controls.progress.value = position ?? 0;
  controls.progress.setAttribute("aria-valuetext", controls.where.textContent);
  controls.panel.replaceChildren(...panelOf(position));
  controls.spoken.textContent = sentenceOf(position);
  // not `disabled`, which would take the focus from who went there by this very button
  for (const name of ["first", "back"]) controls[name].setAttribute("aria-disabled", String(position === 0));
  for (const name of ["next", "last"]) controls[name].setAttribute("aria-disabled", String(position === LAST));
  controls.whole.setAttribute("aria-pressed", String(position === null));
}

/** Shows everything as it is at the position. */
function showAll() {
  showCards();
  showLights();
  showPanel();
  const id = presentNode();
  showLine(id === null ? null : NODES[id].place);
}

/** Brings what the present step is about into sight; near enough to read, if `isNear`. */
function follow(isNear) {
  const id = presentNode();
  if (id !== null) bringIntoSight(withInputs(id), isNear);
}

/** The box of a node and of its inputs, of those at least that there is room for beside it. */
function withInputs(id) {
  const scale = Math.max(view.scale, READABLE);
  const room = [(area.width * 0.6) / scale, (area.height * 0.6) / scale];
  return NODES[id].inputs.map(boxOf).reduce((box, other) => {
    const both = joined(box, other);
    return both[2] <= room[0] && both[3] <= room[1] ? both : box;
  }, boxOf(id));
}

function joined([x, y, w, h], [x2, y2, w2, h2]) {
  const [left, top] = [Math.min(x, x2), Math.min(y, y2)];
  return [left, top, Math.max(x + w, x2 + w2) - left, Math.max(y + h, y2 + h2) - top];
}

/** The first step away from the whole graph goes near enough to read, and coming back shows all of it again. */
function goTo(there) {
  const isLeaving = !position && there > 0;
  const isBack = position !== null && there === null;
  position = there === null ? null : Math.max(0, Math.min(LAST, there));
  if (position === LAST) stopPlaying();
  showAll();
  if (isBack) fit();
  else follow(isLeaving);
}

function step(by) {
  if (!LAST) return;
  if (position === null) goTo(by > 0 ? 1 : LAST);
  else goTo(position + by);
}

// ── playing ─────────────────────────────────────────────────────────────────

const isPlaying = () => timer !== 0;

function play() {
  if (!LAST) return;
  if (position === null || position === LAST) goTo(0);
  const next = () => {
    timer = setTimeout(next, 4000 / 2 ** Number(controls.speed.value));
    step(1);
  };
  timer = setTimeout(next, 200);
  showPlaying();
}

function stopPlaying() {
  if (!isPlaying()) return;
  clearTimeout(timer);
  timer = 0;
  showPlaying();
}

function togglePlaying() {
  if (isPlaying()) stopPlaying();
  else play();
}

function showPlaying() {
  controls.play.classList.toggle("playing", isPlaying());
  controls.play.setAttribute("aria-label", isPlaying() ? "Pause" : "Play");
  // what changes several times a second is not read out
  controls.spoken.setAttribute("aria-live", isPlaying() ? "off" : "polite");
  if (!isPlaying()) controls.spoken.textContent = sentenceOf(position); // where it has come to
}

function startStepper() {
  controls.progress.max = LAST;
  for (const name of ["first", "back", "play", "next", "last", "progress", "speed"]) controls[name].disabled = !LAST;
  const by = (name, act) => controls[name].addEventListener("click", act);
  by("first", halted(() => goTo(0)));
  by("back", halted(() => step(-1)));
  by("play", togglePlaying);
  by("next", halted(() => step(1)));
  by("last", halted(() => goTo(LAST)));
  by("whole", halted(() => goTo(null)));
  controls.progress.addEventListener("input", halted(() => goTo(Number(controls.progress.value))));
}
