// What each key does, wherever the focus is, but in fields.

const help = document.getElementById("help");
const halted = (act) => () => (stopPlaying(), act());
const KEYS = {
  ArrowRight: halted(() => step(1)), ArrowLeft: halted(() => step(-1)),
  Home: halted(() => goTo(0)), End: halted(() => goTo(LAST)), " ": togglePlaying,
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit, f: fit,
  "/": () => searchBox.select(), c: toggleAll, t: toggleTheme, "?": () => help.showModal(),
  Escape: halted(() => goTo(null)),
  ArrowDown: () => focusNext(1), ArrowUp: () => focusNext(-1),
};
const PANS = { ArrowRight: [-80, 0], ArrowLeft: [80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  const { target, key } = event;
  const isForAll = target.type === "range" && !/^Arrow|^Page|^Home$|^End$/.test(key); // those move the slider itself
  if (target.matches("input") && !isForAll) {
    const isDone = target.type === "number" && (key === "Escape" || key === "Enter");
    if (isDone) (picked || graph).focus({ preventScroll: true });
    return;
  }
  if (target.closest("button, summary") && (key === " " || key === "Enter")) return;
  if (target.closest("#program") && /^Arrow(Up|Down)$|^Page/.test(key)) return;
  const isOfBlock = key === " " && target.matches(".block:focus-visible"); // one that was clicked leaves it to playing
  const act = event.shiftKey && PANS[key] ? () => pan(...PANS[key]) : key === "Enter" || isOfBlock ? enter : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

/** Enter: a block opens or closes, an input can be changed, an operation's step is told. */
function enter() {
  const shown = shownBy(document.activeElement);
  if (!shown) return;
  if (shown[0] === "n") {
    if (!DATA.recomputes || !editInput(shown[1])) goToStepOf(shown[1]);
    return;
  }
  toggleBlock(shown[1]);
  picked.focus({ preventScroll: true });
}

/** Goes to the step that is about a node: on the way back, to the one back. */
function goToStepOf(id) {
  const back = BACKWARD.indexOf(id);
  const isBack = position !== null && position >= SEEDED && back >= 0;
  if (computedAt.has(id)) halted(() => goTo(isBack ? SEEDED + 1 + back : computedAt.get(id)))();
}

scene.addEventListener("dblclick", (event) => {
  const shown = shownBy(event.target.closest(".node"));
  if (shown) goToStepOf(shown[1]);
});
