// The second stage of the layout, down the columns: how high everything in one block stands.
//
// This is `gradlang/draw/layout/heights.py`, pass by pass and with its names; its docstring tells what happens. A test
// holds both together. A wire here is [index left, index right, how far below the tops of both it starts and ends].

const SWEEPS = ["back", "forth", "back", "both", "forth", "both", "back", "both"];
const WEIGHTS = [1, 2, 8];
const LEAF = 0.2;
const STAY = 0.05;
const BOXES_APART = 14;
const WIRES_APART = 9;

function topsOf(columns, heights, wires) {
  const tops = stacked(columns, heights);
  sweep(columns, heights, wires, tops);
  straighten(columns, heights, wires, tops);
  return tops;
}

const isBox = (item) => item[0] === "n" || item[0] === "b";
const separation = (upper, lower) => (isBox(upper) && isBox(lower) ? BOXES_APART : WIRES_APART);

function stacked(columns, heights) {
  return columns.map((column, c) => {
    let y = 0;
    const some = [];
    heights[c].forEach((height, i) => {
      y += i ? separation(column[i - 1], column[i]) : 0;
      some.push(y);
      y += height;
    });
    return some.map((t) => t - y / 2);
  });
}

function sweep(columns, heights, wires, tops) {
  const weightsOf = weightsByGap(columns, wires);
  for (const direction of SWEEPS) {
    const count = columns.length;
    for (let k = 0; k < count; k++) {
      const c = direction === "forth" ? k : count - 1 - k;
      const column = columns[c];
      const wanted = column.map(() => 0);
      const weights = column.map(() => 0);
      if (direction !== "back" && c) {
        wires[c - 1].forEach(([source, target, start, end], i) => {
          const weight = weightsOf[c - 1][i];
          wanted[target] += weight * (tops[c - 1][source] + start - end);
          weights[target] += weight;
        });
      }
      if (direction !== "forth" && c < wires.length) {
        wires[c].forEach(([source, target, start, end], i) => {
          const weight = weightsOf[c][i];
          wanted[source] += weight * (tops[c + 1][target] + end - start);
          weights[source] += weight;
        });
      }
      weights.forEach((weight, i) => {
        wanted[i] = weight ? wanted[i] / weight : tops[c][i];
        weights[i] = weight || STAY;
      });
      const apart = [];
      for (let i = 0; i + 1 < column.length; i++) apart.push(heights[c][i] + separation(column[i], column[i + 1]));
      tops[c] = settled(wanted, weights, apart);
    }
  }
}

/** How much each wire is heeded. */
function weightsByGap(columns, wires) {
  let fed = new Set(); // what wires come to, by index in the gap's left column
  return wires.map((some, gap) => {
    const [left, right] = [columns[gap], columns[gap + 1]];
    const isLeaf = left.map(([kind], i) => kind === "n" && !fed.has(i));
    const led = new Set(some.filter(([source]) => !isLeaf[source]).map(([, target]) => target));
    fed = new Set(some.map(([, target]) => target));
    return some.map(([s, t]) =>
      isLeaf[s] && led.has(t) ? LEAF : WEIGHTS[(left[s][0] === "v") + (right[t][0] === "v")]);
  });
}

/** The places nearest to those wanted of which each is at least `apart` below the last. */
function settled(wanted, weights, apart) {
  const groups = []; // [place wanted by the first, weight, members]
  let offset = 0;
  wanted.forEach((there, i) => {
    offset += i ? apart[i - 1] : 0;
    let place = there - offset;
    let weight = weights[i];
    let count = 1;
    while (groups.length && groups[groups.length - 1][0] >= place) {
      const [other, more, members] = groups.pop();
      place = (place * weight + other * more) / (weight + more);
      weight += more;
      count += members;
    }
    groups.push([place, weight, count]);
  });
  const places = [];
  for (const [place, , count] of groups) for (let k = 0; k < count; k++) places.push(place);
  offset = 0;
  for (let i = 1; i < places.length; i++) {
    offset += apart[i - 1];
    places[i] += offset;
  }
  return places;
}

function straighten(columns, heights, wires, tops) {
  const isPassing = (item) => item[0] === "v";
  wires.forEach((some, gap) => {
    const column = columns[gap + 1];
    const passing = some.filter(([, target]) => isPassing(column[target]));
    movePassing(column, heights[gap + 1], tops[gap + 1], passing.map(([s, t, start]) => [t, tops[gap][s] + start]));
  });
  for (let gap = wires.length - 1; gap >= 0; gap--) {
    const [column, right] = [columns[gap], columns[gap + 1]];
    const passing = wires[gap].filter(([s, t]) => isPassing(column[s]) && isPassing(right[t]));
    movePassing(column, heights[gap], tops[gap], passing.map(([s, t]) => [s, tops[gap + 1][t]]));
  }
}

/** Moves the passing wires of a column as near to where they should be as their neighbours let them. */
function movePassing(column, heights, tops, wanted) {
  wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  for (const [i, there] of [...wanted, ...[...wanted].reverse()]) {
    let place = there;
    if (i + 1 < column.length) place = Math.min(place, tops[i + 1] - separation(column[i], column[i + 1]));
    if (i) place = Math.max(place, tops[i - 1] + heights[i - 1] + separation(column[i - 1], column[i]));
    tops[i] = place;
  }
}
