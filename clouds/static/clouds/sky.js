// Draws the clouds between events: their size by the closed form of clouds/balloon.py, their state, and the button.
// What is known of a cloud stands in its element's data-*, written by the server or from an event; drawing only reads it.
(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const DRAWN = "[data-cloud][data-at]";
  const live = document.getElementById("live");
  const sizes = new Map(); // by slug, as drawn now: a correction glides instead of jumping
  let ahead = Infinity; // how far this clock is ahead of the server's, ms; the quickest message tells it best
  let drawnAt = 0;

  const now = () => Date.now() - ahead;
  const heard = (at) => (ahead = Math.min(ahead, Date.now() - at));

  function fill({ fill, gain, loss, at }, when) {
    const [start, a, k, t] = [Number(fill), Number(gain), Number(loss), Math.max(0, when - Number(at)) / 1000];
    return Math.max(0, k ? start + (start - a / k) * Math.expm1(-k * t) : start + a * t);
  }

  function draw(cloud, when) {
    const full = fill(cloud.dataset, when);
    const size = 0.36 + 0.64 * Math.sqrt(Math.min(full, 1));
    const before = sizes.get(cloud.dataset.cloud) ?? size;
    const shown = calm.matches || Math.abs(size - before) < 0.0005 ? size : before + (size - before) * 0.12;
    sizes.set(cloud.dataset.cloud, shown);
    set(cloud.querySelector(".cloud-size"), "transform", `scale(${shown.toFixed(3)})`);
    say(cloud.querySelector(".percent"), Math.round(full * 100));
  }

  function frame(time) {
    requestAnimationFrame(frame);
    if (!live || live.hasAttribute("data-stale") || time - drawnAt < (calm.matches ? 1000 : 30)) return;
    drawnAt = time;
    const when = now();
    for (const cloud of document.querySelectorAll(DRAWN)) draw(cloud, when);
    count(when);
    set(document.documentElement, "data-phase", live.dataset.phase);
  }

  // The button. Whose puff it is only the server knows; what anybody's press would get is in each event.

  function label(dock, does, text, until) {
    const button = dock.querySelector("#puff");
    dock.dataset.does = does;
    if (until) dock.dataset.until = until;
    else delete dock.dataset.until;
    button.disabled = does !== "puff";
    say(button, text);
  }

  function count(when) {
    const dock = live.querySelector(".dock");
    if (!dock?.dataset.until) return;
    const left = Math.ceil((Number(dock.dataset.until) - when) / 1000);
    if (dock.dataset.does === "puffing") say(dock.querySelector("#puff"), told(dock.dataset.saysPuffing, Math.max(left, 0)));
    else if (left <= 0 && dock.dataset.press) offer(dock, dock.dataset.press);
  }

  const told = (words, value) => words.replace("{}", value);
  const offer = (dock, seconds) => label(dock, "puff", told(dock.dataset.saysPuff, Math.round(seconds * 10) / 10));

  function clock(at) {
    const form = { timeZone: live.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    return new Intl.DateTimeFormat(document.documentElement.lang, form).format(at);
  }

  function button(dock, news) {
    dock.dataset.press = news.press_seconds ?? "";
    if (live.hasAttribute("data-mine")) return;
    const waits = dock.dataset.does === "next" && Number(dock.dataset.until) > now(); // this visitor, whatever others may
    const { dataset: { [`says${news.state[0].toUpperCase()}${news.state.slice(1)}`]: shut } } = dock;
    if (news.press_seconds !== null) waits || offer(dock, news.press_seconds);
    else if (news.until && news.until - now() < 12 * 3600e3) label(dock, "shut", told(dock.dataset.saysNext, clock(news.until)), news.until);
    else label(dock, "shut", shut ?? dock.dataset.saysShut);
  }

  document.addEventListener("cloud:news", ({ detail }) => {
    heard(detail.at);
    for (const news of detail.clouds) {
      const cloud = document.querySelector(`${DRAWN}[data-cloud="${CSS.escape(news.slug)}"]`);
      if (!cloud) continue;
      Object.assign(cloud.dataset, { fill: news.fill, gain: news.gain, loss: news.loss, at: detail.at });
      cloud.className = cloud.className.replace(/\bstate-\w+/, `state-${news.state}`);
      if (cloud !== live) continue;
      say(live.querySelector("#status"), news.sentence);
      const dock = live.querySelector(".dock");
      if (dock) button(dock, news);
    }
  });

  function say(element, text) {
    if (element && element.textContent !== String(text)) element.textContent = text;
  }

  function set(element, name, value) {
    if (element && value && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }

  // A wall or a tablet by the work must not fall asleep. Browsers grant that over HTTPS and to pages that are seen.
  async function stayAwake() {
    if (live?.hasAttribute("data-awake") && document.visibilityState === "visible") {
      await navigator.wakeLock?.request("screen").catch(() => {});
    }
  }

  for (const { dataset } of document.querySelectorAll(DRAWN)) heard(Number(dataset.at));
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  requestAnimationFrame(frame);
})();
