// Draws what the steps in the form would do, before they are saved: the server is asked, and saves nothing.
(() => {
  const form = document.getElementById("program_form");
  const picture = document.getElementById("picture");
  const chooser = document.getElementById("show-picture");
  if (!form || !picture?.dataset.url) return;
  let waits, asked = 0, shown;

  function state() {
    const said = new URLSearchParams(new FormData(form));
    said.set("on", chooser.elements.on.value);
    return said;
  }

  async function show() {
    const said = state();
    if (said.toString() === shown) return;
    shown = said.toString();
    const mine = ++asked;
    try {
      const answer = await fetch(picture.dataset.url, { method: "POST", body: said, signal: AbortSignal.timeout(8000) });
      const piece = await answer.text();
      if (mine !== asked) return; // Something newer is being drawn.
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const open = picture.querySelector("details")?.open;
      picture.innerHTML = piece;
      if (open) picture.querySelector("details")?.toggleAttribute("open", true);
    } catch {
      if (mine !== asked) return;
      shown = undefined;
      picture.textContent = picture.dataset.saysFailed;
    }
  }

  function later() {
    clearTimeout(waits);
    waits = setTimeout(show, 300);
  }

  // Most of these change nothing; then nothing is asked for.
  for (const what of ["input", "change", "click", "dragend", "formset:added", "formset:removed"]) {
    document.addEventListener(what, (event) => (event.target.closest?.("form, .inline-group") ? later() : undefined));
  }
  chooser.addEventListener("submit", (event) => {
    event.preventDefault();
    shown = undefined;
    show();
  });
  shown = form.querySelector(".errornote") ? undefined : state().toString();
  if (!shown) show();
})();
