// The program beside the graph: its lines, the one that the present step is about, and the way from a line to nodes.

const program = document.getElementById("program");
const lineElements = new Map(); // "source:line"
let litLine = null;

function buildSource() {
  document.getElementById("source-section").hidden = !DATA.sources.length;
  DATA.sources.forEach((source, at) => {
    if (DATA.sources.length > 1) program.append(element("h3", "", source.name));
    const list = element("ol", "lines");
    const used = linesUsed(at);
    source.text.replace(/\n$/, "").split("\n").forEach((text, i) => {
      const line = element("li", used.has(i + 1) ? "used" : "", element("code", "", legible(text) || " "));
      if (used.has(i + 1)) line.addEventListener("click", () => findLine(at, i + 1));
      lineElements.set(`${at}:${i + 1}`, line);
      list.append(line);
    });
    program.append(list);
  });
}

/** A line in which nothing changes how the rest of it is written: such characters are spelt out. */
function legible(line) {
  return line.replace(/\r$/, "").replace(/[\0-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (sign) => `\\u{${sign.charCodeAt(0).toString(16)}}`);
}

function linesUsed(source) {
  return new Set(NODES.filter((node) => node.place && node.place[0] === source).map((node) => node.place[1]));
}

/** Lights a line, and moves the program so that it is seen. */
function showLine(place) {
  const line = place ? lineElements.get(place.join(":")) : null;
  if (line === litLine) return;
  if (litLine) {
    litLine.classList.remove("now");
    litLine.removeAttribute("aria-current");
  }
  litLine = line || null;
  if (!litLine) return;
  litLine.classList.add("now");
  litLine.setAttribute("aria-current", "true");
  const [box, within] = [litLine.getBoundingClientRect(), program.getBoundingClientRect()];
  if (box.top < within.top + 8 || box.bottom > within.bottom - 8) {
    program.scrollTop += box.top - within.top - within.height / 2; // not scrollIntoView, which moves the page, too
  }
}

/** Nodes that a line made are found as by a search. */
function findLine(source, line) {
  showFound(NODES.flatMap(({ place }, id) => (place && place[0] === source && place[1] === line ? [id] : [])));
}
