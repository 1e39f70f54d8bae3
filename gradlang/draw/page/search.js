// Finding nodes: by name, operation or line. Enter goes through what was found.

const searchBox = document.getElementById("search");
const foundCount = document.getElementById("found");
let found = [];
let foundAt = -1;

/** Whether a node is meant: every word is in its name or operation, or is its line. */
function isMeant(node, words) {
  const text = `${node.name} ${node.op} ${node.kind}`.toLowerCase();
  const line = node.place ? node.place[1] : 0;
  return words.every((word) => text.includes(word) || word === `line${line}` || word === `:${line}`);
}

function search() {
  const words = searchBox.value.toLowerCase().replace(/\bline\s+(?=\d)/g, "line").split(/\s+/).filter(Boolean);
  showFound(words.length ? NODES.flatMap((node, id) => (isMeant(node, words) ? [id] : [])) : [], words.length > 0);
}

/** Marks some nodes; those in closed blocks mark their block. */
function showFound(ids, asked = true) {
  for (const group of document.querySelectorAll(".found")) group.classList.remove("found");
  found = ids;
  foundAt = -1;
  for (const id of found) groupOf(id)?.classList.add("found");
  foundCount.textContent = asked ? (found.length ? `${found.length} found` : "none found") : "";
  if (asked && found.length) goToFound(1);
}

function goToFound(by) {
  if (!found.length) return;
  foundAt = (foundAt + by + found.length) % found.length;
  const id = found[foundAt];
  foundCount.textContent = `${foundAt + 1} of ${found.length}`;
  openAround(id);
  for (const one of found) groupOf(one)?.classList.add("found");
  pick(id);
  bringIntoSight(boxOf(id), true);
}

searchBox.addEventListener("input", search);
searchBox.addEventListener("keydown", (event) => {
  if (event.key === "Enter") goToFound(event.shiftKey ? -1 : 1);
  else if (event.key === "Escape") {
    searchBox.value = "";
    search();
    graph.focus();
  } else return;
  event.preventDefault();
});
