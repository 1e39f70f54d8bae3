// A live page looks into its own file through a frame: there, the page only says which version it is, once all of it
// is there. A page that was opened while its file was being written looks again.
document.addEventListener("DOMContentLoaded", () => {
  const isAsked = location.hash === "#stamp" && parent !== window;
  const isWhole = document.getElementById("end") !== null;
  if (isAsked && isWhole) parent.postMessage({ gradlang: "%%stamp%%" }, "*");
  if (!isAsked && !isWhole) setTimeout(() => location.reload(), 700);
});
