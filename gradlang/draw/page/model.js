// What the page knows: the picture's data, and the numbers as they are now.
//
// Where everything is numbers, the page computes the graph itself, by the operations that were written from the
// table's own rules. Else numbers are texts that came with the page, and inputs cannot be changed.

const OPERATIONS = (%%operations%%);
// What is left out of the data where it is empty.
const NODE = { op: "", name: "", shape: "", cut: 0, changes: false, family: "", chip: 0, place: null };
const WORDS = { called: "", inputs: [], more: 0, numbers: "", meanings: [], result: "" };
const DATA = unpacked(JSON.parse(document.getElementById("data").textContent));
const NODES = DATA.nodes.map((node) => ({ ...NODE, ...node }));
const BLOCKS = DATA.blocks;
const STEPS = DATA.steps;
for (const id in STEPS.words) STEPS.words[id] = { ...WORDS, ...STEPS.words[id] };
const FORWARD = STEPS.forward;
const BACKWARD = STEPS.backward;
// Positions: 0 is before everything, then come the operations, then the gradient at the root, then the way back.
const SEEDED = FORWARD.length + 1;
const LAST = BACKWARD.length ? SEEDED + BACKWARD.length : FORWARD.length;

const computedAt = new Map(FORWARD.map((id, i) => [id, i + 1])); // node: position from which it has a number

/** What an input was changed to, by node. */
const changed = new Map();

/** The graph as it is computed now: data and gradients by node, and what each backward step did. */
let now = null;

function compute() {
  if (!DATA.recomputes) return;
  const data = NODES.map((node, id) => (changed.has(id) ? changed.get(id) : parsed(node.data)));
  for (const id of FORWARD) {
    const out = OPERATIONS[NODES[id].row].value(...inputsOf(id, data));
    data[id] = DATA.single ? Math.fround(out) : out;
  }
  now = { data, ...gradientsOf(data) };
}

/** The numbers that an operation is given. Rules of numbers take true for 1. */
function inputsOf(id, data) {
  const { numeric } = OPERATIONS[NODES[id].row];
  return NODES[id].arguments.map((argument) => {
    const x = typeof argument === "number" ? data[argument] : parsed(argument[0]);
    return numeric ? Number(x) : x;
  });
}

/** The way back, as `backward` goes it: the same order, the same sums. */
function gradientsOf(data) {
  const grads = NODES.map(() => null);
  if (!BACKWARD.length) return { grads, passed: [] };
  grads[DATA.root] = parsed(STEPS.seed);
  const passed = BACKWARD.map((id, at) => {
    const { slopes } = OPERATIONS[NODES[id].row];
    const inputs = inputsOf(id, data);
    return STEPS.flows[at].map((flow) => {
      const rule = slopes[flow.place];
      const added = rule(grads[id], data[id], ...inputs);
      choices = "";
      const slope = rule(1, data[id], ...inputs);
      const made = choices;
      const before = grads[flow.to];
      grads[flow.to] = before === null ? added : before + added;
      return { slope, added, before, after: grads[flow.to], choices: made, incoming: grads[id] };
    });
  });
  return { grads, passed };
}

// ── what a card shows ───────────────────────────────────────────────────────

const cardRows = NODES.map((node) => ({
  data: node.lines.filter((line) => line[0] === "data").map((line) => line[3]),
  grad: node.lines.filter((line) => line[0] === "grad").map((line) => line[3]),
}));

/** The texts of a node's numbers in the whole graph. */
function dataRows(id) {
  return changed.size ? [show(now.data[id])] : cardRows[id].data;
}

function gradRows(id) {
  if (!changed.size) return cardRows[id].grad;
  return cardRows[id].grad.length ? [now.grads[id] === null ? "—" : show(now.grads[id])] : [];
}

/** By node, how its gradient grows: [position, flow or null where it is complete]. */
const growth = new Map();

function findGrowth() {
  if (!BACKWARD.length) return;
  growth.set(DATA.root, [[SEEDED, null]]);
  BACKWARD.forEach((_, at) => {
    STEPS.flows[at].forEach((flow, i) => {
      if (flow.to === null || flow.is_last === false) return;
      if (!growth.has(flow.to)) growth.set(flow.to, []);
      growth.get(flow.to).push([SEEDED + 1 + at, i]);
    });
  });
}
findGrowth();

/** The texts of a node's gradient at a position: null where none has come yet. */
function gradRowsAt(id, position) {
  const events = growth.get(id);
  if (!events || position < events[0][0]) return null;
  let event = events[0];
  for (const one of events) if (one[0] <= position) event = one;
  const [at, flow] = event;
  if (flow === null) return now ? [show(parsed(STEPS.seed))] : cardRows[id].grad;
  if (now) return [show(now.passed[at - SEEDED - 1][flow].after)];
  return STEPS.flows[at - SEEDED - 1][flow].card || cardRows[id].grad;
}

/** All digits of a node's numbers, or the text of a tensor. */
function wholeData(id) {
  if (NODES[id].shape) return NODES[id].data;
  return exact(changed.size ? now.data[id] : parsed(NODES[id].data));
}

function wholeGrad(id) {
  if (NODES[id].grad === null) return null;
  if (NODES[id].shape) return NODES[id].grad;
  const computed = changed.size ? now.grads[id] : parsed(NODES[id].grad);
  return computed === null ? null : exact(computed);
}

/** What a node is called in a sentence. */
function titleOf(id) {
  const node = NODES[id];
  if (node.name) return node.name;
  return node.op || (node.shape ? `constant ${node.shape}` : show(parsed(node.data)));
}

compute();
