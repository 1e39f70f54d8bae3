// The page's data as `content.py` made it, from the shorter form in which `packing.py` put it.

function unpacked({ tables, ...data }) {
  const nodes = data.nodes.map((fields) => unpackedNode(fields, tables.forms, data.metrics.pad));
  const steps = { ...data.steps, words: {} };
  const idOf = (place, node) => (place === null ? null : place < 0 ? -1 - place : node.inputs[place]);
  data.steps.words.forEach(([text, number], i) => {
    const id = steps.forward[i];
    const its = { text, ...tables.words[number] };
    if (its.meanings) its.meanings = its.meanings.map(([name, said, at]) => [name, said, idOf(at, nodes[id])]);
    steps.words[id] = its;
  });
  steps.flows = data.steps.flows.map((some, i) => some.map((number) => {
    const flow = tables.flows[number];
    return { ...flow, to: idOf(flow.to, nodes[steps.backward[i]]) };
  }));
  return { ...data, nodes, steps, order: data.order.map(unpackedOrder) };
}

function unpackedNode([form, width, block, inputs, data, grad, place, name = 0, given = 0], forms, pad) {
  const node = { ...forms[form], block, inputs, data, grad, place: typeof place === "number" ? [0, place] : place };
  if (name) node.name = name;
  if (given) node.arguments = given === 1 ? node.inputs : given;
  const end = Math.round((width - pad) * 10) / 10;
  node.lines = node.lines.map(([role, x, y, text, ...right]) => [
    role, right.length && !x ? end : x, y, text === 0 ? ownText(node, role) : text, ...right,
  ]);
  node.size = [width, node.size];
  return node;
}

function ownText(node, role) {
  if (role === "name") return node.name;
  const x = node[role];
  return x === null ? "—" : typeof x === "string" ? x : show(x);
}

function unpackedOrder({ columns, wires }) {
  const parts = (text) => (text ? text.split(" ") : []);
  const items = columns.map((column) => parts(column).map((item) => [item[0], Number(item.slice(1))]));
  const wired = wires.map((gap, i) => parts(gap).map((wire) => {
    const [from, to, value] = wire.split(",").map(Number);
    return [from, to, value ?? items[i][from][1]];
  }));
  return { columns: items, wires: wired };
}
