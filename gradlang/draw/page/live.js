// A file that is written anew while its page is open: the page sees that, and takes the reader's place along.
//
// Why a frame: from a file, a page may not read any file, not even its own; but it may show it in a frame, and what
// is shown there can say which version it is (`guard.js`).

/** What was kept from an earlier visit; browsers may forbid that to files. */
function kept(storage, key, value) {
  try {
    if (value === undefined) return storage().getItem(key);
    storage().setItem(key, value);
  } catch {
    return null;
  }
  return null;
}

const stamp = document.querySelector("meta[name=gradlang-stamp]")?.content;
const PLACE = `gradlang-place:${location.pathname}`;

/** Where the reader is, for the page that comes after this one. */
function placeNow() {
  return JSON.stringify({ position, view, isFitted, closed: [...closed], blocks: BLOCKS.length });
}

/** Takes up a place of the page before this one, as far as there is such a place here; whether the view is that. */
function takePlace(text) {
  const place = JSON.parse(text);
  if (place.blocks === BLOCKS.length) {
    closed.clear();
    place.closed.forEach((id) => closed.add(id));
  }
  arrange();
  position = place.position === null ? null : Math.min(place.position, LAST);
  const { x, y, scale } = place.view;
  const isInSight = x < area.width && y < area.height && x + layout.width * scale > 0 && y + layout.height * scale > 0;
  if (place.isFitted || !isInSight) return false;
  Object.assign(view, place.view);
  return true;
}

/** Looks every now and then which version the file is: in a frame, where the page only says that. */
function keepUp() {
  const state = document.getElementById("live");
  state.hidden = false;
  let heard = false;
  let frame = null;
  const ask = () => {
    if (document.hidden) return;
    frame?.remove();
    frame = element("iframe");
    frame.hidden = true;
    frame.src = `${location.href.split("#")[0]}#stamp`;
    document.body.append(frame);
  };
  window.addEventListener("message", (event) => {
    if (event.source !== frame?.contentWindow || !event.data.gradlang) return;
    heard = true;
    state.textContent = "live";
    state.title = "This page shows changes of the program as they come.";
    if (event.data.gradlang === stamp) return;
    kept(() => sessionStorage, PLACE, placeNow());
    location.reload();
  });
  setInterval(ask, 1500);
  setTimeout(() => {
    if (!heard) state.textContent = "press F5 to see changes";
  }, 5000);
  ask();
}
