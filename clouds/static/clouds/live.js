// Keeps #live as the server tells it, anew whenever there is news. Elements are changed in place, so that the focus
// stays and sizes can glide. `data-url` says where it is from, `data-mine` that the visitor has a stake in it,
// `data-again` after how many ms it differs without any news, `data-hold` for how many ms it is to stay as it is.
// Where no news is heard, since the page is without news.js, `data-every` says after how many ms to look again.
// A display (`data-awake`), which nobody loads anew, does so itself when the site has been upgraded.
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const APART = 300;
  const TRY_AGAIN_AFTER = 2000;
  const born = performance.now();
  const hold = Number(live.dataset.hold ?? 0);
  let isLost = false;
  let isFetching = false;
  let isOld = false;
  let last = -Infinity;
  let due = Infinity;
  let timer;

  // The scripts and style sheets that a page names: one that changes gets another name.
  const files = (page) =>
    [...page.querySelectorAll("script[src], link[rel=stylesheet]")].map((one) => one.getAttribute("src") ?? one.getAttribute("href"));
  const filesHere = new Set(files(document));

  function morph(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== fresh.nodeName) {
      if (!old.isEqualNode(fresh)) old.replaceWith(fresh);
      return;
    }
    if (old.name === "csrfmiddlewaretoken") return; // Written anew on each page; the one that is here stays good.
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const before = [...old.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, place) => (before[place] ? morph(before[place], node) : old.append(node)));
    before.slice(after.length).forEach((node) => node.remove());
  }

  // Look at the latest after so many ms.
  function lookIn(ms) {
    const now = performance.now();
    due = Math.max(Math.min(due, now + ms), last + APART, born + hold);
    clearTimeout(timer);
    timer = setTimeout(look, due - now);
  }

  async function look() {
    due = Infinity;
    if (document.hidden) return document.addEventListener("visibilitychange", look, { once: true });
    if (isFetching) return lookIn(APART);
    isFetching = true;
    last = performance.now();
    try {
      const answer = await fetch(live.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (answer.status === 403 || answer.status === 404) return location.replace(live.dataset.url); // It is no more, or not for us.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = answer.ok && page.getElementById("live");
      const isUpgraded = fresh && files(page).some((name) => !filesHere.has(name));
      if (isUpgraded && "awake" in live.dataset) return location.reload();
      if (fresh) morph(live, fresh);
      isOld = !fresh;
    } catch {
      isOld = true;
    } finally {
      isFetching = false;
    }
    show();
    if (isOld && !isLost) lookIn(TRY_AGAIN_AFTER);
    else lookAgain();
  }

  function lookAgain() {
    const { again, every } = live.dataset;
    if (again || every) lookIn(Number(again ?? every));
  }

  function show() {
    live.toggleAttribute("data-stale", isLost || isOld);
  }

  document.addEventListener("cloud:news", ({ detail }) => {
    // A crowd does not look all at once; who waits for something of their own does.
    lookIn("mine" in live.dataset ? 0 : Math.random() * detail.watching * 10);
  });
  document.addEventListener("cloud:lost", () => {
    isLost = true;
    show();
  });
  document.addEventListener("cloud:back", () => {
    isLost = false;
    show();
  });
  lookAgain();
})();
