// Keeps a kiosk on its own pages: what is pressed is fetched first, and shown only if it is a kiosk's page, since an
// error page of the browser, or one with links, would stay there for good. Touches are told while somebody waits.
// `data-idle` says after how many ms without a touch a page is left for `data-home`.
(() => {
  const ANSWERS_WITHIN = 8000;
  const TELLS_EVERY = 5000;
  const SAYS_SO_FOR = 6000;
  let touchedAt = performance.now();
  let toldAt = -Infinity;
  let isAsking = false;

  function touched() {
    touchedAt = performance.now();
    const form = document.querySelector("form[data-touch]");
    if (!form || touchedAt - toldAt < TELLS_EVERY) return;
    toldAt = touchedAt;
    fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => {});
  }

  async function ask(form) {
    const what = form.method === "post" ? { method: "POST", body: new FormData(form) } : {};
    const answer = await fetch(form.action, { ...what, cache: "no-store", signal: AbortSignal.timeout(ANSWERS_WITHIN) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.body.classList.contains("kiosk")) throw new Error(answer.status);
    if (answer.ok) return location.replace(answer.url);
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.querySelector("main [autofocus], main button")?.focus();
    isAsking = false;
  }

  function sayUnreachable() {
    const said = document.getElementById("unreachable");
    said?.removeAttribute("hidden");
    setTimeout(() => said?.setAttribute("hidden", ""), SAYS_SO_FOR);
    isAsking = false;
  }

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    ask(event.target).catch(sayUnreachable);
  });

  setInterval(async () => {
    const idle = document.querySelector("[data-idle]");
    if (!idle || isAsking || performance.now() - touchedAt < Number(idle.dataset.idle)) return;
    touchedAt = performance.now(); // Where the site can't be reached, it is tried again after as long.
    const isThere = await fetch(idle.dataset.home, { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
    if (isThere) location.replace(idle.dataset.home);
  }, 500);

  for (const what of ["pointerdown", "keydown", "input"]) document.addEventListener(what, touched);
  document.addEventListener("contextmenu", (event) => event.preventDefault());
})();
