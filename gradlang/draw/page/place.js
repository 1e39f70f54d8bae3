// The second stage of the layout: coordinates from the order and the sizes, again whenever a block opens or closes.
//
// This is `gradlang/draw/layout/place.py`, pass by pass; its docstring tells what happens. A test
// holds both together. Boxes are [x, y, width, height].

const GAP = 30;
const PADDING = 14;
const MARGIN = 16;

/** Where everything is: `nodes` and `blocks` by id, `routes` by block, and the size of the whole. */
function placed(orders, sizes, headers, closed) {
  const placing = { orders, sizes, headers, closed, parts: [] };
  for (let block = orders.length - 1; block >= 0; block--) {
    placing.parts[block] = closed.has(block) ? closedPart(placing, block) : openPart(placing, block);
  }
  const [width, height] = placing.parts[0].size;
  const result = { nodes: new Map(), blocks: new Map(), routes: orders.map(() => []), width, height };
  const corners = new Map([[0, [0, 0]]]);
  orders.forEach((order, block) => {
    if (!corners.has(block) || closed.has(block)) return;
    const [left, top] = corners.get(block);
    const part = placing.parts[block];
    order.columns.forEach((items, column) => {
      items.forEach(([kind, id], i) => {
        if (kind !== "n" && kind !== "b") return;
        const [w, h] = sizeOf(placing, kind, id);
        const box = [left + part.lefts[column] + (part.widths[column] - w) / 2, top + part.tops[column][i], w, h];
        (kind === "n" ? result.nodes : result.blocks).set(id, box);
        if (kind === "b") corners.set(id, [box[0], box[1]]);
      });
    });
    result.routes[block] = routesOf(placing, block, left, top);
  });
  return result;
}

function sizeOf(placing, kind, id) {
  return kind === "n" ? placing.sizes[id] : kind === "b" ? placing.parts[id].size : [0, 0];
}

function closedPart(placing, block) {
  const size = placing.closed.get(block);
  const { columns } = placing.orders[block];
  const ports = new Map();
  for (const [kind, column] of [["i", columns[0]], ["o", columns[columns.length - 1]]]) {
    const those = (column || []).filter((item) => item[0] === kind);
    those.forEach((item, k) => ports.set(kind + item[1], (size[1] * (k + 0.5)) / those.length));
  }
  return { tops: [], lefts: [], widths: [], size, ports };
}

function openPart(placing, block) {
  const { columns } = placing.orders[block];
  const wires = wiresOf(placing, block);
  const heights = columns.map((column) => column.map(([kind, id]) => sizeOf(placing, kind, id)[1]));
  const tops = topsOf(columns, heights, wires);
  return framed(placing, block, heights, tops, wires);
}

/** The wires of each gap: index left, index right, and how far below the tops of both they are. */
function wiresOf(placing, block) {
  const { columns, wires } = placing.orders[block];
  return wires.map((some, gap) => {
    const left = columns[gap];
    const right = columns[gap + 1];
    const arriving = right.map(() => 0);
    for (const [, target] of some) arriving[target] += 1;
    const met = right.map(() => 0);
    return some.map(([source, target, value]) => {
      const [kind, id] = left[source];
      const [toKind, toId] = right[target];
      const start = kind === "b" ? placing.parts[id].ports.get("o" + value) : sizeOf(placing, kind, id)[1] / 2;
      let end;
      if (toKind === "b") {
        end = placing.parts[toId].ports.get("i" + value);
      } else {
        end = (sizeOf(placing, toKind, toId)[1] * (met[target] + 0.5)) / arriving[target];
        met[target] += 1;
      }
      return [source, target, start, end];
    });
  });
}

/** Everything moved to where the frame's corner is (0, 0). */
function framed(placing, block, heights, tops, wires) {
  const { columns } = placing.orders[block];
  const padding = block ? PADDING : MARGIN;
  const [least, header] = block ? placing.headers[block] : [0, 0];
  let highest = Infinity;
  let lowest = -Infinity;
  tops.forEach((column, c) => {
    if (!column.length) return;
    highest = Math.min(highest, column[0]);
    lowest = Math.max(lowest, column[column.length - 1] + heights[c][column.length - 1]);
  });
  if (highest === Infinity) highest = lowest = 0;
  const down = header + padding - highest;
  const part = { tops: tops.map((column) => column.map((y) => y + down)), lefts: [], widths: [], ports: new Map() };
  const kinds = columns.map((column) => (column.length ? column[0][0] : ""));
  const last = kinds.length - 1;
  let x = kinds[0] === "i" ? 0 : padding;
  columns.forEach((column, c) => {
    part.lefts.push(x);
    part.widths.push(column.reduce((most, [kind, id]) => Math.max(most, sizeOf(placing, kind, id)[0]), 0));
    x += part.widths[c];
    if (c < wires.length) x += gapWidth(wires[c], tops[c], tops[c + 1]);
  });
  const width = kinds[last] === "o" ? x : x + padding;
  if (width < least) {
    // the last column goes to the border, the rest into the middle
    kinds.forEach((kind, c) => {
      part.lefts[c] += kind === "i" ? 0 : kind === "o" ? least - width : (least - width) / 2;
    });
  }
  part.size = [Math.max(width, least), down + lowest + padding];
  for (const [kind, c] of [["i", 0], ["o", last]]) {
    if (kinds[c] === kind) columns[c].forEach((item, i) => part.ports.set(item[0] + item[1], part.tops[c][i]));
  }
  return part;
}

/** A route is a wire's way in one gap: level from x0 to x1 at y0, a curve to (x2, y1), level to x3. */
function routesOf(placing, block, left, top) {
  const order = placing.orders[block];
  const part = placing.parts[block];
  const routes = [];
  wiresOf(placing, block).forEach((wires, gap) => {
    const x1 = left + part.lefts[gap] + part.widths[gap];
    const x2 = left + part.lefts[gap + 1];
    wires.forEach(([source, target, start, end], i) => {
      const item = order.columns[gap][source];
      const to = order.columns[gap + 1][target];
      const x0 = isBox(item) ? x1 - (part.widths[gap] - sizeOf(placing, ...item)[0]) / 2 : x1 - part.widths[gap];
      const x3 = isBox(to) ? x2 + (part.widths[gap + 1] - sizeOf(placing, ...to)[0]) / 2 : x2;
      const y0 = top + part.tops[gap][source] + start;
      const y1 = top + part.tops[gap + 1][target] + end;
      routes.push({ value: order.wires[gap][i][2], source: item, target: to, block, x0, x1, x2, x3, y0, y1 });
    });
  });
  return routes;
}

/** GAP, and more the more wires cross it and the further they go. */
function gapWidth(wires, left, right) {
  let furthest = 0;
  for (const [s, t, start, end] of wires) furthest = Math.max(furthest, Math.abs(left[s] + start - right[t] - end));
  return GAP + Math.min(40, wires.length) + Math.min(80, furthest * 0.12);
}
