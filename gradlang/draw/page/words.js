// What a step says: in the panel, as formulas and numbers, and in one sentence for those who listen.
//
// Pieces of text come as [role, text], as in the terminal's `:step`; roles are classes here.

const OPERANDS = 0xe000; // the first of the characters that stand for operands in a template

function element(name, classes = "", ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children);
  return made;
}

const spans = (pieces) => pieces.map(([role, text]) => element("span", role, text));
const textOf = (pieces) => pieces.map(([, text]) => text).join("");

/** The number of a node as it is at this step: a text of Python's, or the page's own. */
const dataText = (id, text) => (now && id !== null ? show(now.data[id]) : text);

function resultText(id) {
  return now ? show(now.data[id]) : STEPS.words[id].result;
}

/** `e = c - d`; a result that formulas cannot call by its name, as it has none or an input has it, is called `out`. */
function statement(id) {
  const { name } = NODES[id];
  const { called, text } = STEPS.words[id];
  const result = !name ? [["muted", called]] : called ? [["name", name], ["muted", ` (${called})`]] : [["name", name]];
  return [...result, ["", " = "], ["operator", text]];
}

/** An operation with its numbers put in: `-4 + 2 = -2`; a negative one has parentheses where it follows something. */
function withNumbers(id) {
  const { numbers } = STEPS.words[id];
  if (!now || !numbers) return null;
  const inputs = inputsOf(id, now.data);
  const text = numbers.replace(/[\ue000-\uf8ff]/g, (mark, at) => {
    const shown = show(inputs[mark.charCodeAt(0) - OPERANDS]);
    const stands = at === 0 ? /^.\*\*/.test(numbers) : !/[(] ?$|, $/.test(numbers.slice(0, at));
    return shown.startsWith("-") && stands ? `(${shown})` : shown;
  });
  return [["operator", text], ["", " = "], ["number", resultText(id)]];
}

// ── one contribution ────────────────────────────────────────────────────────

/** What flows to one input, in three lines: local derivative, contribution, sum. */
function flowLines(at, i) {
  const flow = STEPS.flows[at][i];
  if (now) return computedLines(flow, now.passed[at][i]);
  if (flow.whole !== undefined) {
    const end = flow.is_last ? "" : ", with what is still to come";
    return [[["muted", "gradient in all: "], ["gradient", flow.whole], ["muted", end]]];
  }
  if (!flow.contribution) return null;
  return [flow.derivative || [], flow.contribution, flow.total].filter((line) => line.length);
}

function computedLines(flow, { slope, added, before, after, choices: made, incoming }) {
  const [formula, since] = flow.variants[made] || ["", []];
  const lines = [];
  if (flow.partial) {
    const derivative = [["muted", flow.partial], ["operator", formula || bare(slope)]];
    if (formula && formula !== bare(slope)) derivative.push(["", " = "], ["number", show(slope)]);
    if (since.length) derivative.push(["muted", ` since ${since.join(" and ")}`]);
    lines.push(derivative);
  }
  lines.push([["number", show(slope)], ["", " × "], ["gradient", show(incoming)], ["", " = "], ["number", show(added)]]);
  const sum = added < 0 ? ` - ${show(-added)}` : ` + ${show(added)}`;
  lines.push([
    ["muted", "grad "], ["number", (before === null ? "0" : show(before)) + sum], ["", " = "], ["gradient", show(after)],
  ]);
  return lines;
}

function flowBox(at, i) {
  const lines = flowLines(at, i);
  const { input } = STEPS.flows[at][i];
  if (!lines) return null;
  const box = element("li", "flow", element("b", "name", input));
  const captions = lines.length === 3 ? ["local derivative", "what it adds", "added up"] : [];
  lines.forEach((line, k) => {
    const made = element("div", "line", ...spans(line));
    if (captions[k]) made.title = captions[k];
    box.append(made);
  });
  return box;
}

// ── a step in the panel ─────────────────────────────────────────────────────

/** What stand-ins stand for: what the program wrote, of which each number comes, or the step that made it. */
function meanings(id) {
  return STEPS.words[id].meanings.flatMap(([name, text, input]) => {
    const made = computedAt.has(input) ? `the result of step ${computedAt.get(input)}` : "";
    const said = text && DATA.detail === "scalar" ? `${made || "a number"}, which comes from ${text}` : text || made;
    return said ? [element("p", "muted", `where ${name} is ${said}`)] : [];
  });
}

function forwardPanel(id) {
  const { inputs, more } = STEPS.words[id];
  const list = element("ul", "inputs");
  for (const [name, input, text] of inputs) {
    list.append(element("li", "", element("b", "name", name), " ", element("span", "number", dataText(input, text))));
  }
  if (more) list.append(element("li", "muted", `and ${more} more`));
  const numbers = withNumbers(id);
  const result = element("p", "result", element("span", "muted", "data "), element("s", "muted", "—"), " → ");
  result.append(element("span", "number big", resultText(id)));
  const parts = [element("p", "statement", ...spans(statement(id))), ...meanings(id)];
  if (numbers) parts.push(element("p", "statement", ...spans(numbers)));
  else parts.push(list);
  return [...parts, result];
}

const WAY_BACK = "From here, every operation passes on to its inputs what came to its result, times its local derivative.";

function seedPanel() {
  const name = titleOf(DATA.root);
  const said = textOfSeed();
  return [
    element("p", "statement", ...spans([["muted", `∂${name}/∂${name} = `], ["gradient", said]])),
    element("p", "muted", said === "1" ? `${name} changes just as fast as itself. ${WAY_BACK}`
      : `The run left this gradient at ${name}; what flows from here is in proportion to it.`),
  ];
}

function backwardPanel(at) {
  const id = BACKWARD[at];
  const list = element("ul", "flows");
  let told = 0;
  STEPS.flows[at].forEach((_, i) => {
    const box = flowBox(at, i);
    if (box) list.append(box);
    told += box ? 1 : 0;
  });
  const untold = STEPS.flows[at].length - told;
  if (untold > 0) list.append(element("li", "muted", `and ${untold} more, likewise`));
  if (!STEPS.flows[at].length) list.append(element("li", "muted", "Nothing that is drawn before it has a gradient."));
  const come = element("p", "come", element("span", "muted", `${STEPS.words[id].called || NODES[id].name}.grad = `));
  come.append(element("span", "gradient big", incomingText(id)));
  const closed = NODES[id].kind === "module" ? [element("p", "muted", CLOSED)] : [];
  return [element("p", "statement", ...spans(statement(id))), ...meanings(id), come, list, ...closed];
}

const CLOSED = "A module is one step here; by operations (--detail tensor) its inside is told, too.";

function incomingText(id) {
  const rows = gradRowsAt(id, LAST);
  const shape = NODES[id].shape && !String(rows?.[0]).startsWith("[") ? `${NODES[id].shape} ` : "";
  return rows ? shape + rows.join(", ") : "—";
}

/** The elements that tell a position; null is the whole graph. */
function panelOf(position) {
  if (position === null) return wholePanel();
  if (position === 0) {
    const inputs = NODES.length - FORWARD.length;
    const said = inputs === 1 ? "the input at the left has its number" : `the ${inputs} inputs at the left have numbers`;
    return [element("p", "muted", `Nothing is computed yet: only ${said}.`)];
  }
  if (position < SEEDED) return forwardPanel(FORWARD[position - 1]);
  return position === SEEDED ? seedPanel() : backwardPanel(position - SEEDED - 1);
}

function wholePanel() {
  const count = FORWARD.length;
  const parts = [];
  if (changed.size) {
    const said = [...changed].map(([id, value]) => `${titleOf(id)} = ${show(value)}`);
    parts.push(element("p", "", `The whole graph, computed anew in this page for ${said.join(", ")}.`));
  }
  if (count) {
    const ways = BACKWARD.length ? "forward and then backward" : "forward";
    const first = changed.size ? "" : "The whole graph as the run left it. ";
    parts.push(element("p", "", `${first}Press `, element("kbd", "", "→"),
      ` to go through it one operation at a time, ${ways}.`));
  }
  for (const text of [STEPS.why, STEPS.remark, DATA.remark]) if (text) parts.push(element("p", "muted", text));
  return parts;
}

// ── a step in a sentence ────────────────────────────────────────────────────

const SPOKEN = 4; // inputs of one operation, of which a sentence tells

function sentenceOf(position) {
  if (position === null) return "The whole graph.";
  if (position === 0) return "Before the first step: nothing is computed yet.";
  const count = `Step ${position} of ${LAST}`;
  if (position < SEEDED) {
    const id = FORWARD[position - 1];
    return `${count}, forward${lineText(id)}: ${textOf(statement(id))} is ${resultText(id)}.`;
  }
  if (position === SEEDED) {
    return `${count}, backward begins: the gradient of ${titleOf(DATA.root)} is ${textOfSeed()}.`;
  }
  const at = position - SEEDED - 1;
  const gains = STEPS.flows[at].map((flow, i) => flowSentence(at, i)).filter(Boolean);
  if (gains.length > SPOKEN) gains.splice(SPOKEN, Infinity, `And ${gains.length - SPOKEN} more.`);
  return `${count}, backward through ${textOf(statement(BACKWARD[at]))}${lineText(BACKWARD[at])}. ${gains.join(" ")}`;
}

const textOfSeed = () => (typeof STEPS.seed === "number" ? show(STEPS.seed) : STEPS.seed);

function flowSentence(at, i) {
  const { input } = STEPS.flows[at][i];
  if (now) {
    const { slope, added, after } = now.passed[at][i];
    return `${input}: local derivative ${show(slope)}, adds ${show(added)}, its gradient is now ${show(after)}.`;
  }
  const lines = flowLines(at, i);
  return lines ? `${input}: ${lines.map(textOf).join("; ")}.` : "";
}

function lineText(id) {
  const { place } = NODES[id];
  if (!place) return "";
  return `, line ${place[1]}${place[0] ? ` of ${DATA.sources[place[0]].name}` : ""}`;
}
