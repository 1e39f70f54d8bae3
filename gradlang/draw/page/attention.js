// What the reader is at: the card or block that is picked, what is told of it in a tip, blocks that open and close.
//
// Invariant: one card or block at most can be reached by Tab, the one that was picked last; the arrows up and down
// move on from there, so that a graph of thousands of nodes is one stop on the way through the page.

const tip = document.getElementById("tip");
let picked = null; // the element that the reader is at

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
  const [kind, id] = shownBy(picked);
  if (kind === "n") keepInScene(nodeParts[id], true); // only there it can have the focus
  picked.setAttribute("tabindex", 0);
  picked.classList.add("picked");
}

/** A card in words, as it is at the present step. */
function labelOf(id) {
  const node = NODES[id];
  const { pending, data, grad } = stateOf(id);
  const what = [node.name, node.op || node.kind, node.shape].filter(Boolean).join(", ");
  const number = pending ? "not computed yet" : data.join(" ");
  const gradient = grad.length ? `, gradient ${grad.join(" ").replace("—", "not there yet")}` : "";
  return `${what}, data ${number}${gradient}${lineText(id)}`;
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

// Not on the scene: a listener for focus makes a group of an SVG a stop for Tab.
graph.addEventListener("focusin", (event) => {
  const group = event.target.closest(".node, .block");
  const shown = shownBy(group);
  if (!shown) return;
  pickElement(group);
  if (shown[0] === "n") group.setAttribute("aria-label", labelOf(shown[1]));
  showTip(group);
});
graph.addEventListener("focusout", () => showTip(null));

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
    const chain = block.chain ? ", each with the result of the one before" : "";
    return [[block.text || block.name || "repetition", "name"],
      [block.times > 1 ? `${block.times.toLocaleString("en")} times${chain}` : "", ""],
      [closedText(id), ""], [block.line ? `line ${block.line}` : "", "muted"],
      [closed.has(id) ? "click or Enter opens it" : "click its header, or Enter, closes it", "muted"]];
  }
  const node = NODES[id];
  const { pending, grad: rows } = stateOf(id);
  const grad = position === null ? wholeGrad(id) : rows.join(" ");
  const canChange = DATA.recomputes && inputFields.has(id);
  return [[[node.name, node.op || node.kind].filter(Boolean).join("  "), "name"],
    [node.shape && `shape ${node.shape}`, "muted"],
    [pending ? "data — not computed yet" : `data ${firstLines(wholeData(id))}`, "data"],
    [node.kind === "constant" ? "" : grad ? `grad ${firstLines(grad)}` : "no gradient", "grad"],
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
  const top = below ? Math.min(box.bottom + 8, window.innerHeight - height - 4) : box.top - 8 - height;
  tip.style.top = `${Math.max(4, top)}px`;
}

scene.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch" || pointers.size) return;
  const group = event.target.closest(".node, .block");
  const isFrame = event.target.classList.contains("frame") && group && !group.classList.contains("closed");
  showTip(isFrame ? null : group);
});
scene.addEventListener("pointerout", () => showTip(document.activeElement)); // what has the focus keeps its tip
graph.addEventListener("pointerdown", () => showTip(null));
