// The graph as SVG: cards, frames of blocks, wires. The look is that of `gradlang/draw/forms/svg.py`, by the same classes.
//
// Elements are made once, when they are first seen; opening and closing blocks moves and hides them, steps set
// classes and texts. Wires are one path a value and stripe of the picture; what is lit of them is one more path on top.

const SVG = "http://www.w3.org/2000/svg";
const graph = document.getElementById("graph");
const scene = document.getElementById("scene");
const layers = {};
for (const name of ["frames", "wires", "lit", "cards"]) layers[name] = scene.appendChild(svg("g", { class: name }));
const litWires = layers.lit.appendChild(svg("path", { class: "lit" }));

const STRIPE = 1500; // a value that is used everywhere has a wire everywhere: what is far away is not painted
const closed = new Set(); // blocks
const nodeParts = []; // by node, when it was drawn: its group and the elements that change
const blockParts = [];
let wireParts = []; // by wire: its group, and the box that it is in
let layout = null;
let ways = new Map(); // by block, item and value: the routes that end there

function svg(name, attributes = {}, text = null) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== null) element.textContent = text;
  return element;
}

const { cell: CELL, text: TEXT, title: TITLE, pad: PAD, chip: CHIP } = DATA.metrics;

// ── cards ───────────────────────────────────────────────────────────────────

function drawNode(id) {
  const node = NODES[id];
  const [width, height] = node.size;
  const classes = ["node", node.kind, node.family, id === DATA.root ? "root" : ""].filter(Boolean).join(" ");
  const group = svg("g", { id: `n${id}`, class: classes, role: "img", tabindex: -1, "aria-label": titleOf(id) });
  const plain = node.kind === "constant" && !node.chip;
  const radius = node.kind === "leaf" || plain ? Math.min(height / 2, 14) : node.kind === "parameter" ? 2 : 6;
  const parts = { group, isAway: false, rows: { data: [], grad: [] }, rights: [], frames: [] };
  parts.frames.push([group.appendChild(svg("rect", { class: "card", rx: radius })), 0]);
  if (node.kind === "module") {
    parts.frames.push([group.appendChild(svg("rect", { class: "card", rx: 4, x: 3, y: 3 })), 6]);
  }
  if (node.kind === "parameter") group.append(svg("rect", { class: "bar", width: 4, height }));
  if (node.family) {
    group.append(svg("rect", { class: "chip", x: PAD - 2, y: 4, width: node.chip, height: CHIP, rx: 5 }));
  }
  for (const [role, x, y, text, isRight] of node.lines) {
    const line = group.appendChild(svg("text", { class: isRight ? `${role} r` : role, x, y }, text));
    if (isRight) parts.rights.push(line);
    if (role in parts.rows) parts.rows[role].push(line);
  }
  nodeParts[id] = parts;
  fitCard(id);
  layers.cards.append(group);
  return parts;
}

/** Gives the card its width, which numbers that came later may have made larger. */
function fitCard(id) {
  const parts = nodeParts[id];
  const [width, height] = NODES[id].size;
  for (const [frame, less] of parts.frames) {
    frame.setAttribute("width", width - less);
    frame.setAttribute("height", height - less);
  }
  for (const line of parts.rights) line.setAttribute("x", width - PAD);
}

/** Makes cards as wide as their numbers are now; whether any grew. */
function growCards() {
  let grew = false;
  NODES.forEach((node, id) => {
    const longest = Math.max(0, ...dataRows(id).map((text) => text.length), ...gradRows(id).map((text) => text.length));
    const label = node.chip || node.kind !== "constant" ? 5 : 0;
    const width = 2 * PAD + (label + longest) * TEXT * CELL;
    if (!node.shape && width > node.size[0] + 0.5) {
      node.size[0] = Math.ceil(width);
      if (nodeParts[id]) fitCard(id);
      grew = true;
    }
  });
  return grew;
}

// ── blocks ──────────────────────────────────────────────────────────────────

const countInside = BLOCKS.map(() => 0);
NODES.forEach((node) => {
  for (let block = node.block; block; block = BLOCKS[block].parent) countInside[block] += 1;
});

/** Room for its texts, and for the wires that come and go. */
function closedSize(block) {
  const { columns } = DATA.order[block];
  const ports = Math.max(columns[0]?.length || 0, columns[columns.length - 1]?.length || 0);
  const width = Math.max(BLOCKS[block].header[0] + 14, 34 + closedText(block).length * TEXT * CELL);
  return [width, Math.max(46, Math.min(8 * ports, 200))];
}

const closedText = (block) => `${countInside[block].toLocaleString("en")} values inside`;

function drawBlock(id) {
  const block = BLOCKS[id];
  const group = svg("g", { id: `b${id}`, class: `block ${block.kind}`, role: "button", tabindex: -1 });
  const parts = { group, frames: [] };
  parts.frames.push([group.appendChild(svg("rect", { class: "frame", rx: 10 })), 0]);
  if (block.times > 1) parts.frames.push([group.appendChild(svg("rect", { class: "frame", rx: 8, x: 3, y: 3 })), 6]);
  parts.header = group.appendChild(svg("rect", { class: "header", height: 22, rx: 8 }));
  parts.mark = group.appendChild(svg("text", { class: "label", x: 10, y: 16 }, "−"));
  for (const [role, x, y, text] of block.lines) group.append(svg("text", { class: role, x: x + 14, y }, text));
  parts.inside = group.appendChild(svg("text", { class: "label", x: 24, y: 34 }, closedText(id)));
  blockParts[id] = parts;
  layers.frames.append(group);
  return parts;
}

function showBlock(id, [x, y, width, height]) {
  const parts = blockParts[id] || drawBlock(id);
  const isClosed = closed.has(id);
  parts.group.classList.remove("hidden");
  parts.group.classList.toggle("closed", isClosed);
  parts.group.setAttribute("transform", `translate(${x} ${y})`);
  parts.group.setAttribute("aria-expanded", String(!isClosed));
  const times = BLOCKS[id].times > 1 ? `, ${BLOCKS[id].times} times` : "";
  const name = BLOCKS[id].text || BLOCKS[id].name || "repetition";
  parts.group.setAttribute("aria-label", `${name}${times}, ${closedText(id)}`);
  parts.mark.textContent = isClosed ? "+" : "−";
  parts.inside.classList.toggle("hidden", !isClosed);
  parts.header.setAttribute("width", width);
  parts.header.setAttribute("height", isClosed ? height : 22);
  for (const [frame, less] of parts.frames) {
    frame.setAttribute("width", width - less);
    frame.setAttribute("height", height - less);
  }
}

/** The outermost closed block that hides a node, or null. */
function hiding(node) {
  let found = null;
  for (let block = NODES[node].block; block; block = BLOCKS[block].parent) if (closed.has(block)) found = block;
  return found;
}

/** The box of a node, or of what stands for it. */
function boxOf(node) {
  const block = hiding(node);
  return block === null ? layout.nodes.get(node) : layout.blocks.get(block);
}

// ── wires ───────────────────────────────────────────────────────────────────

const round1 = (x) => Math.round(x * 10) / 10;

function wayText({ x0, x1, x2, x3, y0, y1 }) {
  const [a, b, c, d, from, to] = [x0, x1, x2, x3, y0, y1].map(round1);
  if (from === to) return `M${a} ${from}H${d}`;
  const middle = round1((x1 + x2) / 2);
  const start = `M${a} ${from}` + (b !== a ? `H${b}` : "");
  return `${start}C${middle} ${from} ${middle} ${to} ${c} ${to}` + (d !== c ? `H${d}` : "");
}

const headText = (route) => `M${round1(route.x3)} ${round1(route.y1)}l-6-3v6z`;
const endsAtCard = ({ target: [kind, id] }) => kind === "n" || (kind === "b" && closed.has(id));
const wayKey = (block, kind, id, value) => `${block}:${kind}${id}:${value}`;

/** The corners of a box and a route together. */
function around(corners, { x0, x3, y0, y1 }) {
  const [left, top, right, bottom] = corners || [Infinity, Infinity, -Infinity, -Infinity];
  return [Math.min(left, x0), Math.min(top, y0, y1), Math.max(right, x3), Math.max(bottom, y0, y1)];
}

function drawWires() {
  const lines = new Map();
  const heads = new Map();
  const boxes = new Map();
  wireParts = [];
  ways = new Map();
  const add = (map, key, text) => map.set(key, (map.get(key) || "") + text);
  for (const routes of layout.routes) {
    for (const route of routes) {
      const stripe = `${route.value}:${Math.floor(route.x0 / STRIPE)}`;
      add(lines, stripe, wayText(route));
      boxes.set(stripe, around(boxes.get(stripe), route));
      if (endsAtCard(route)) add(heads, stripe, headText(route));
      const key = wayKey(route.block, ...route.target, route.value);
      if (!ways.has(key)) ways.set(key, []);
      ways.get(key).push(route);
    }
  }
  const group = svg("g", { class: "wires" });
  for (const [stripe, text] of lines) {
    const wire = group.appendChild(svg("g"));
    const [left, top, right, bottom] = boxes.get(stripe);
    wireParts.push({ group: wire, box: [left, top, right - left, bottom - top] });
    wire.append(svg("path", { class: "wire", d: text }));
    if (heads.has(stripe)) wire.append(svg("path", { class: "head", d: heads.get(stripe) }));
  }
  layers.wires.replaceWith(group);
  layers.wires = group;
}

/** All the routes that lead the value of one node to another, found from the end. */
function routesBetween(value, node) {
  const block = hiding(node);
  let at = block === null ? [NODES[node].block, "n", node] : [BLOCKS[block].parent, "b", block];
  const found = [];
  while (at) {
    const routes = ways.get(wayKey(...at, value)) || [];
    found.push(...routes);
    if (!routes.length) return found;
    const [within] = at;
    const [kind, id] = routes[0].source;
    if (kind === "n" || (kind === "b" && closed.has(id))) at = null;
    else if (kind === "b") at = [id, "o", value];
    else if (kind === "i") at = [BLOCKS[within].parent, "b", within];
    else at = [within, kind, id];
  }
  return found;
}

function lightWires(values, node) {
  const routes = values.flatMap((value) => routesBetween(value, node));
  litWires.setAttribute("d", routes.map((r) => wayText(r) + (endsAtCard(r) ? headText(r) : "")).join(""));
}

// ── all of it ───────────────────────────────────────────────────────────────

/** Places everything for the blocks that are open now. */
function place() {
  const sizes = new Map([...closed].map((block) => [block, closedSize(block)]));
  const headers = BLOCKS.map((block) => [block.header[0] + 14, block.header[1]]);
  layout = placed(DATA.order, NODES.map((node) => node.size), headers, sizes);
}

/** Places and draws everything. */
function arrange() {
  place();
  draw();
}

/** Draws everything where it is placed. */
function draw() {
  nodeParts.forEach((parts, id) => parts && parts.group.classList.toggle("hidden", !layout.nodes.has(id)));
  blockParts.forEach((parts, id) => parts && parts.group.classList.toggle("hidden", !layout.blocks.has(id)));
  for (const [id, box] of layout.blocks) showBlock(id, box);
  for (const [id, [x, y]] of layout.nodes) {
    const parts = nodeParts[id] || drawNode(id);
    parts.group.setAttribute("transform", `translate(${x} ${y})`);
  }
  drawWires();
}

/** Closes as many blocks as it takes for the picture to be read at first sight: outer ones stay open if they can. */
function closeSome(most) {
  const own = BLOCKS.map(() => 0); // what stands in a block itself
  for (const node of NODES) own[node.block] += 1;
  BLOCKS.forEach((block, id) => id && (own[block.parent] += 1));
  let shown = own[0];
  BLOCKS.forEach((block, id) => {
    if (!id) return;
    if (block.kind === "part" || closed.has(block.parent) || shown + own[id] - 1 > most) closed.add(id);
    else shown += own[id] - 1;
  });
}

/** Closes inner blocks for as long as what is shown is too small to be read; `fits` says whether it is not. */
function closeUntil(fits) {
  const depths = [];
  BLOCKS.forEach((block, id) => (depths[id] = id ? depths[block.parent] + 1 : 0));
  for (let depth = Math.max(...depths); depth > 0 && !fits(); depth--) {
    depths.forEach((its, id) => its === depth && closed.add(id));
    place();
  }
}
