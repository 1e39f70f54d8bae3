// The contrast of every text that a page shows: [what it is, its text, its contrast to what is behind it].

const parsed = (color) => {
  const [r, g, b, alpha = 1] = color.match(/[\d.]+/g).map(Number);
  return color.startsWith("color(") ? [r * 255, g * 255, b * 255, alpha] : [r, g, b, alpha];
};
const over = (above, below) => [0, 1, 2].map((i) => above[i] * above[3] + below[i] * (1 - above[3])).concat([1]);
const light = (color) => {
  const [r, g, b] = color.map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};

const ancestors = (e) => (e ? [...ancestors(e.parentElement), e] : []);
const paper = (e) => ancestors(e).map((a) => parsed(getComputedStyle(a).backgroundColor))
  .reduce((below, above) => over(above, below), [255, 255, 255, 1]);

/** What is behind a text of the graph: frames, and the card that it is on. */
function behind(text) {
  const { x, y, width, height } = text.getBoundingClientRect();
  const isUnder = (rect) => {
    const box = rect.getBoundingClientRect();
    const isInX = box.left <= x + width / 2 && box.right >= x + width / 2;
    return isInX && box.top <= y + height / 2 && box.bottom >= y + height / 2 && getComputedStyle(rect).fill !== "none";
  };
  const rects = [...document.querySelectorAll("#graph .frame"), ...text.closest(".node, .block").querySelectorAll("rect")];
  return rects.filter(isUnder).map((rect) => parsed(getComputedStyle(rect).fill))
    .reduce((below, above) => over(above, below), paper(text.ownerSVGElement));
}

const found = [];
for (const e of document.querySelectorAll("body *")) {
  const isText = [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!isText || !e.getClientRects().length || e.closest("script, .spoken, :disabled, [aria-disabled=true]")) continue;
  const style = getComputedStyle(e);
  const below = e.tagName === "text" ? behind(e) : paper(e);
  const above = parsed(e.tagName === "text" ? style.fill : style.color);
  found.push([`${e.tagName}.${e.getAttribute("class") || ""}`, e.textContent, contrast(over(above, below), below)]);
}
return found;
