// The inputs of a graph of numbers, which can be changed: then everything is computed anew, here in the page.
//
// What the program decided on the way (by `if`, by comparing, by what has no gradient) stays as it was recorded, and
// the panel says so.

const inputList = document.getElementById("input-list");
const inputFields = new Map(); // by node

function buildInputs() {
  const section = document.getElementById("inputs-section");
  const ids = NODES.flatMap((node, id) => (node.changes && (node.name || node.kind !== "constant") ? [id] : []));
  section.hidden = !DATA.recomputes || !ids.length;
  if (section.hidden) return;
  const line = (id) => (NODES[id].place ? NODES[id].place[1] : 0);
  const isParameter = (id) => NODES[id].kind === "parameter";
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  ids.sort((a, b) => isParameter(a) - isParameter(b) || line(a) - line(b) || byName(NODES[a].name, NODES[b].name));
  for (const id of ids) inputList.append(inputRow(id));
  document.getElementById("reset").addEventListener("click", reset);
}

function inputRow(id) {
  const node = NODES[id];
  const field = element("input");
  Object.assign(field, { type: "number", step: "any", id: `input${id}`, value: exact(parsed(node.data)) });
  const label = element("label", "name", node.name || titleOf(id));
  label.htmlFor = field.id;
  const was = element("span", "muted was");
  field.addEventListener("input", () => {
    const value = DATA.single ? Math.fround(field.valueAsNumber) : field.valueAsNumber;
    field.setAttribute("aria-invalid", String(!Number.isFinite(value)));
    if (Number.isFinite(value)) change(id, value);
  });
  field.addEventListener("change", () => {
    // what is no number has changed nothing, and is not left standing
    if (field.getAttribute("aria-invalid") === "true") showInput(id);
  });
  field.addEventListener("focus", () => pick(id));
  inputFields.set(id, { field, was });
  return element("li", "", label, field, was);
}

function change(id, value) {
  if (Object.is(value, parsed(NODES[id].data))) changed.delete(id);
  else changed.set(id, value);
  recomputed();
}

function reset() {
  changed.clear();
  for (const id of inputFields.keys()) showInput(id);
  recomputed();
}

function showInput(id) {
  const { field } = inputFields.get(id);
  field.value = exact(changed.has(id) ? changed.get(id) : parsed(NODES[id].data));
  field.setAttribute("aria-invalid", "false");
}

/** Everything that hangs on the numbers. */
function recomputed() {
  compute();
  const wasFitted = isFitted;
  if (growCards()) arrange();
  if (wasFitted) fit();
  for (const [id, { was }] of inputFields) {
    was.textContent = changed.has(id) ? `was ${show(parsed(NODES[id].data))}` : "";
  }
  nodeParts.forEach((parts, id) => parts.group.classList.toggle("changed", changed.has(id)));
  document.getElementById("reset").setAttribute("aria-disabled", String(!changed.size));
  showAll();
  showTip(null);
}

/** Takes the reader from a card to its field. */
function editInput(id) {
  const found = inputFields.get(id);
  if (!found) return false;
  document.getElementById("inputs-section").open = true;
  found.field.focus();
  found.field.select();
  return true;
}
