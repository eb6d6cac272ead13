// Says that whoever waits in line is still there, for as long as their page is: without a sign their place lapses.
(() => {
  const EVERY_MS = 20000;

  function say() {
    for (const form of document.querySelectorAll("form[data-here]")) {
      // What fails now is said again soon.
      fetch(form.dataset.here, { method: "POST", body: new FormData(form) }).catch(() => {});
    }
  }

  setInterval(say, EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && say());
})();
