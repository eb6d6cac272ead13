// Keeps #live as the server tells it. Elements are changed in place, so that the focus stays and sizes can glide.
(() => {
  const live = document.getElementById("live");
  if (!live) return;

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

  async function look() {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(live.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(8000) });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = answer.ok && page.getElementById("live");
        if (fresh) morph(live, fresh);
        live.toggleAttribute("data-stale", !fresh);
      } catch {
        live.toggleAttribute("data-stale", true);
      }
    }
    setTimeout(look, Number(live.dataset.every));
  }

  setTimeout(look, Number(live.dataset.every));
})();
