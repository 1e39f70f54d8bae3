// The page as a whole: light and dark, where the panels are, and the start of everything.

// ── light and dark ──────────────────────────────────────────────────────────

const THEME = "gradlang-theme";
const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  kept(() => localStorage, THEME, document.documentElement.dataset.theme);
}

/** Paper is light, and as wide as it is: what is in sight is drawn to fit on it. */
function preparePrint() {
  let theme;
  window.addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    graph.setAttribute("viewBox", `0 0 ${area.width} ${area.height}`);
  });
  window.addEventListener("afterprint", () => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    graph.removeAttribute("viewBox");
  });
}

// ── where the panels are ──

const SIDE = 410; // how wide the panels are beside the graph, and how high beneath it
const BENEATH = 330;

/** Puts the panels where they leave the graph more room: graphs are often wide. */
function placePanels() {
  const main = document.querySelector("main");
  const [width, height] = [main.clientWidth, window.innerHeight - main.offsetTop];
  const beside = Math.min((width - SIDE) / layout.width, height / layout.height);
  const beneath = Math.min(width / layout.width, (height - BENEATH) / layout.height);
  main.classList.toggle("beneath", beneath > beside && beside < 1 && height > 2 * BENEATH);
  measure();
}

// ── the start ───────────────────────────────────────────────────────────────

const LEVELS = { module: "by modules", tensor: "by operations", scalar: "number by number" };

function describe() {
  const counts = new Map();
  for (const node of NODES) counts.set(node.kind, (counts.get(node.kind) || 0) + 1);
  const several = (kind) => (kind === "leaf" ? "leaves" : `${kind}s`);
  const said = [...counts].map(([kind, n]) => `${n.toLocaleString("en")} ${n === 1 ? kind : several(kind)}`);
  document.getElementById("about").textContent = `${LEVELS[DATA.detail]}: ${said.join(", ")}`;
  const name = `The graph of ${titleOf(DATA.root)}: ${said.join(", ")}.`;
  graph.setAttribute("aria-label", `${name} The arrows up and down go through it.`);
}

function start() {
  const theme = kept(() => localStorage, THEME);
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  describe();
  buildSource();
  buildInputs();
  const isMuch = NODES.length > DATA.at_once;
  if (isMuch) closeSome(DATA.at_once);
  place();
  placePanels(); // before anything is drawn: measuring lays out what there is
  if (isMuch) closeUntil(() => (placePanels(), fittingScale() > FAR));
  const earlier = stamp ? kept(() => sessionStorage, PLACE) : null;
  if (!earlier) draw();
  if (!earlier || !takePlace(earlier)) fit();
  startStepper();
  showBlocksButton();
  showAll();
  look();
  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  on("fit", fit);
  on("zoom-in", () => zoom(1.25));
  on("zoom-out", () => zoom(0.8));
  on("blocks", toggleAll);
  on("theme", toggleTheme);
  on("help-button", () => help.showModal());
  window.addEventListener("resize", () => {
    const wasFitted = isFitted;
    placePanels();
    if (wasFitted) fit();
  });
  preparePrint();
  if (stamp) keepUp();
}
start();
