// The page as a whole: blocks that open and close, what is picked, tips, keys, light and dark, and keeping up with a
// file that is written anew. Here everything starts.

const tip = document.getElementById("tip");
const help = document.getElementById("help");
let picked = null; // the element that the reader is at: a card or a block

// ── blocks ──────────────────────────────────────────────────────────────────

/** Draws anew after blocks were opened or closed; what `around` says stays where it is on the screen. */
function rearranged(around = null) {
  const before = around && layout.blocks.get(around);
  const place = before ? [before[0] * view.scale + view.x, before[1] * view.scale + view.y] : null;
  arrange();
  const box = around && layout.blocks.get(around);
  if (place && box) Object.assign(view, { x: place[0] - box[0] * view.scale, y: place[1] - box[1] * view.scale });
  cardStates.length = 0;
  nodeParts.forEach((parts, id) => parts.group.classList.toggle("changed", changed.has(id)));
  showAll();
  look();
}

function toggleBlock(id) {
  if (closed.has(id)) closed.delete(id);
  else closed.add(id);
  rearranged(id);
  pickElement(blockParts[id].group);
}

function openAround(node) {
  const before = closed.size;
  for (let block = NODES[node].block; block; block = BLOCKS[block].parent) closed.delete(block);
  if (closed.size !== before) rearranged();
}

/** Closes all blocks, or opens all where none is left to close. */
function toggleAll() {
  const all = BLOCKS.map((_, id) => id).slice(1);
  if (closed.size === all.length) closed.clear();
  else all.forEach((id) => closed.add(id));
  rearranged();
  fit();
  showBlocksButton();
}

function showBlocksButton() {
  const button = document.getElementById("blocks");
  button.hidden = BLOCKS.length < 2;
  const isClosed = closed.size === BLOCKS.length - 1;
  button.textContent = isClosed ? "open all" : "close all";
}

// ── what the reader is at ───────────────────────────────────────────────────

/** By an element's id, what it shows: ["n", node] or ["b", block]. */
function shownBy(group) {
  const match = group && /^([nb])(\d+)$/.exec(group.id);
  return match ? [match[1], Number(match[2])] : null;
}

function pick(id) {
  pickElement(groupOf(id));
}

function pickElement(group) {
  if (picked) {
    picked.setAttribute("tabindex", -1);
    picked.classList.remove("picked");
  }
  picked = group || null;
  if (!picked) return;
  picked.setAttribute("tabindex", 0);
  picked.classList.add("picked");
}

function labelOf(id) {
  const node = NODES[id];
  const grad = gradRows(id).length ? `, gradient ${gradRows(id).join(" ").replace("—", "not there yet")}` : "";
  const what = [node.name, node.op || node.kind, node.shape].filter(Boolean).join(", ");
  return `${what}, data ${dataRows(id).join(" ")}${grad}${lineText(id)}`;
}

/** Moves the focus through the graph, from left to right and from above to below. */
function focusNext(by) {
  const boxes = [...layout.nodes].map(([id, box]) => [nodeParts[id].group, box])
    .concat([...layout.blocks].map(([id, box]) => [blockParts[id].group, box]))
    .sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]);
  const at = boxes.findIndex(([group]) => group === picked);
  const [group, box] = boxes[at < 0 ? 0 : (at + by + boxes.length) % boxes.length];
  pickElement(group);
  group.focus({ preventScroll: true });
  bringIntoSight(box);
}

scene.addEventListener("focusin", (event) => {
  const group = event.target.closest(".node, .block");
  const shown = shownBy(group);
  if (!shown) return;
  pickElement(group);
  if (shown[0] === "n") group.setAttribute("aria-label", labelOf(shown[1]));
  showTip(group);
});
scene.addEventListener("focusout", () => showTip(null));

scene.addEventListener("click", (event) => {
  if (dragged) return;
  const group = event.target.closest(".node, .block");
  const shown = shownBy(group);
  if (!shown) return;
  if (shown[0] === "n") {
    pickElement(group);
    group.focus({ preventScroll: true });
    if (DATA.recomputes) editInput(shown[1]);
  } else if (event.target.classList.contains("header") || closed.has(shown[1]) || event.target.tagName === "text") {
    toggleBlock(shown[1]);
  }
});

// ── tips ────────────────────────────────────────────────────────────────────

const TIP_LINES = 8; // of one tensor

function tipLines(kind, id) {
  if (kind === "b") {
    const block = BLOCKS[id];
    return [[block.text || block.name || "repetition", "name"],
      [block.times > 1 ? `${block.times.toLocaleString("en")} times${block.chain ? ", each with the result of the one before" : ""}` : "", ""],
      [closedText(id), ""], [block.line ? `line ${block.line}` : "", "muted"],
      [closed.has(id) ? "click or Enter opens it" : "click its header, or Enter, closes it", "muted"]];
  }
  const node = NODES[id];
  const pending = position !== null && position < (computedAt.get(id) ?? 0);
  const grad = position === null ? wholeGrad(id) : (gradRowsAt(id, position) || ["—"]).join(" ");
  const canChange = DATA.recomputes && inputFields.has(id);
  return [[[node.name, node.op || node.kind].filter(Boolean).join("  "), "name"],
    [node.shape && `shape ${node.shape}`, "muted"],
    [pending ? "data — not computed yet" : `data ${firstLines(wholeData(id))}`, "data"],
    [node.kind === "constant" ? "" : grad === null ? "no gradient" : `grad ${firstLines(grad)}`, "grad"],
    [node.cut ? `${node.cut} inputs not shown` : "", "muted"],
    [lineText(id).slice(2), "muted"],
    [canChange ? "click to change it" : computedAt.has(id) ? "double click or Enter goes to its step" : "", "muted"]];
}

/** Of a large tensor, what fits. */
function firstLines(text) {
  const lines = text.split("\n");
  return lines.length > TIP_LINES + 1 ? [...lines.slice(0, TIP_LINES), " …"].join("\n") : text;
}

function showTip(group) {
  const shown = shownBy(group);
  tip.hidden = !shown;
  if (!shown) return;
  tip.replaceChildren(...tipLines(...shown).filter(([text]) => text).map(([text, role]) => element("div", role, text)));
  const box = (group.querySelector(".header") || group).getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const below = box.bottom + 8 + height < window.innerHeight || box.top - 8 - height < 0;
  tip.style.left = `${Math.max(4, Math.min(box.left, window.innerWidth - width - 4))}px`;
  tip.style.top = `${Math.max(4, below ? Math.min(box.bottom + 8, window.innerHeight - height - 4) : box.top - 8 - height)}px`;
}

scene.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch" || pointers.size) return;
  const group = event.target.closest(".node, .block");
  const isFrame = event.target.classList.contains("frame") && group && !group.classList.contains("closed");
  showTip(isFrame ? null : group);
});
scene.addEventListener("pointerout", () => showTip(null));
graph.addEventListener("pointerdown", () => showTip(null));

// ── keys ────────────────────────────────────────────────────────────────────

const halted = (act) => () => (stopPlaying(), act());
const KEYS = {
  ArrowRight: halted(() => step(1)), ArrowLeft: halted(() => step(-1)),
  Home: halted(() => goTo(0)), End: halted(() => goTo(LAST)), " ": togglePlaying,
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit, f: fit,
  "/": () => searchBox.select(), c: toggleAll, t: toggleTheme, "?": () => help.showModal(),
  Escape: halted(() => goTo(null)),
  ArrowDown: () => focusNext(1), ArrowUp: () => focusNext(-1),
};
const PANS = { ArrowRight: [-80, 0], ArrowLeft: [80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  const { target, key } = event;
  if (target.matches("input")) {
    if (target.type === "number" && (key === "Escape" || key === "Enter")) (picked || graph).focus({ preventScroll: true });
    return;
  }
  if (target.closest("button, summary") && (key === " " || key === "Enter")) return;
  if (target.closest("#program") && /^Arrow(Up|Down)$|^Page/.test(key)) return;
  const act = event.shiftKey && PANS[key] ? () => pan(...PANS[key]) : key === "Enter" ? enter : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

/** Enter: a block opens or closes, an input can be changed, an operation's step is told. */
function enter() {
  const shown = shownBy(document.activeElement);
  if (!shown) return;
  if (shown[0] === "n") {
    if (!DATA.recomputes || !editInput(shown[1])) goToStepOf(shown[1]);
    return;
  }
  toggleBlock(shown[1]);
  picked.focus({ preventScroll: true });
}

/** Goes to the step that is about a node: on the way back, to the one back. */
function goToStepOf(id) {
  const back = BACKWARD.indexOf(id);
  const isBack = position !== null && position >= SEEDED && back >= 0;
  if (computedAt.has(id)) halted(() => goTo(isBack ? SEEDED + 1 + back : computedAt.get(id)))();
}

scene.addEventListener("dblclick", (event) => {
  const shown = shownBy(event.target.closest(".node"));
  if (shown) goToStepOf(shown[1]);
});

// ── light and dark ──────────────────────────────────────────────────────────

/** What was kept from an earlier visit; browsers may forbid that to files. */
function kept(storage, key, value) {
  try {
    if (value === undefined) return storage().getItem(key);
    storage().setItem(key, value);
  } catch {
    return null;
  }
  return null;
}

const THEME = "gradlang-theme";
const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  kept(() => localStorage, THEME, document.documentElement.dataset.theme);
}

// ── a file that is written anew ─────────────────────────────────────────────

const stamp = document.querySelector("meta[name=gradlang-stamp]")?.content;
const PLACE = `gradlang-place:${location.pathname}`;

/** Where the reader is, for the page that comes after this one. */
function placeNow() {
  return JSON.stringify({ position, view, closed: [...closed], sizes: [NODES.length, BLOCKS.length] });
}

function takePlace(text) {
  if (!text) return false;
  try {
    const place = JSON.parse(text);
    if (place.sizes[1] === BLOCKS.length) {
      closed.clear();
      place.closed.forEach((id) => closed.add(id));
    }
    arrange();
    Object.assign(view, place.view);
    position = place.position === null ? null : Math.min(place.position, LAST);
    return true;
  } catch {
    return false;
  }
}

/** Looks every now and then which version the file is: in a frame, where the page only says that. */
function keepUp() {
  const state = document.getElementById("live");
  state.hidden = false;
  let heard = false;
  let frame = null;
  const ask = () => {
    if (document.hidden) return;
    frame?.remove();
    frame = element("iframe");
    frame.hidden = true;
    frame.src = `${location.href.split("#")[0]}#stamp`;
    document.body.append(frame);
  };
  window.addEventListener("message", (event) => {
    if (event.source !== frame?.contentWindow || !event.data.gradlang) return;
    heard = true;
    state.textContent = "live";
    state.title = "This page shows changes of the program as they come.";
    if (event.data.gradlang === stamp) return;
    kept(() => sessionStorage, PLACE, placeNow());
    location.reload();
  });
  setInterval(ask, 1500);
  setTimeout(() => {
    if (!heard) state.textContent = "press F5 to see changes";
  }, 5000);
  ask();
}

// ── where the panels are ──

const SIDE = 410; // how wide the panels are beside the graph, and how high beneath it
const BENEATH = 330;

/** Puts the panels where they leave the graph more room: graphs are often wide. */
function placePanels() {
  const main = document.querySelector("main");
  const [width, height] = [main.clientWidth, window.innerHeight - main.offsetTop];
  const beside = Math.min((width - SIDE) / layout.width, height / layout.height);
  const beneath = Math.min(width / layout.width, (height - BENEATH) / layout.height);
  main.classList.toggle("beneath", beneath > beside && beside < 1 && height > 2 * BENEATH);
  measure();
}

// ── the start ───────────────────────────────────────────────────────────────

const LEVELS = { module: "by modules", tensor: "by operations", scalar: "number by number" };

function describe() {
  const counts = new Map();
  for (const node of NODES) counts.set(node.kind, (counts.get(node.kind) || 0) + 1);
  const several = (kind) => (kind === "leaf" ? "leaves" : `${kind}s`);
  const said = [...counts].map(([kind, count]) => `${count.toLocaleString("en")} ${count === 1 ? kind : several(kind)}`);
  document.getElementById("about").textContent = `${LEVELS[DATA.detail]}: ${said.join(", ")}`;
  graph.setAttribute("aria-label", `The graph of ${titleOf(DATA.root)}: ${said.join(", ")}. Arrow up and down go through it.`);
}

function start() {
  const theme = kept(() => localStorage, THEME);
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  describe();
  buildSource();
  buildInputs();
  if (NODES.length > DATA.at_once) {
    closeSome(DATA.at_once);
    place();
    closeUntil(() => (placePanels(), fittingScale() > FAR));
  }
  const earlier = stamp ? kept(() => sessionStorage, PLACE) : null;
  arrange();
  placePanels();
  if (!takePlace(earlier)) {
    fit();
  }
  startStepper();
  showBlocksButton();
  showAll();
  look();
  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  on("fit", fit);
  on("zoom-in", () => zoom(1.25));
  on("zoom-out", () => zoom(0.8));
  on("blocks", toggleAll);
  on("theme", toggleTheme);
  on("help-button", () => help.showModal());
  window.addEventListener("resize", () => {
    const wasFitted = isFitted;
    placePanels();
    if (wasFitted) fit();
  });
  if (stamp) keepUp();
}
start();
