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
  return JSON.stringify({ position, view, closed: [...closed], sizes: [NODES.length, BLOCKS.length] });
}

function takePlace(text) {
  if (!text) return false;
  try {
    const place = JSON.parse(text);
    if (place.sizes[1] === BLOCKS.length) {
      closed.clear();
      place.closed.forEach((id) => closed.add(id));
    }
    arrange();
    Object.assign(view, place.view);
    position = place.position === null ? null : Math.min(place.position, LAST);
    return true;
  } catch {
    return false;
  }
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
