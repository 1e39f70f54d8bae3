// A live page looks into its own file through a frame: there, the page only says which version it is, and loads no more.
if (location.hash === "#stamp" && parent !== window) {
  parent.postMessage({ gradlang: "%%stamp%%" }, "*");
  window.stop();
}
