// Hears what is new in the sky, and tells the document: `cloud:news` with what is new, `cloud:lost` when nothing is
// heard although it should be, `cloud:back` when it is again. It listens to the event stream; where that is silent,
// since a proxy keeps it back, or broken, it asks again and again. A page that nobody sees asks for nothing.
(() => {
  const { cloud } = document.currentScript.dataset;
  const query = cloud ? `?cloud=${encodeURIComponent(cloud)}` : "";
  const FIRST_WITHIN = 4000; // A stream tells something at once, unless it is kept back.
  const SILENT_FOR = 25000; // It pings every 15 s: this one is dead, although nobody said so.
  const ASK_EVERY = 1000;
  const ASK_WITHIN = 5000;
  const DOUBTED_AFTER = 1500;
  const LISTEN_AGAIN_AT_MOST_AFTER = 60000;

  let stream = null;
  let isKeptBack = false;
  let watchdog, nextListen, nextAsk, asking, doubt;
  let listenAgainAfter = ASK_EVERY;
  let askAgainAfter = ASK_EVERY;
  let known = "";
  let isLost = false;

  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const spread = (time) => time * (1 + Math.random() / 2); // so that not all ask in the same moment

  function lost() {
    if (!isLost) tell("cloud:lost");
    isLost = true;
  }

  function back() {
    clearTimeout(doubt);
    if (isLost) tell("cloud:back");
    isLost = false;
  }

  function listen() {
    hangUp();
    stream = new EventSource(`/events${query}`);
    watchdog = setTimeout(() => {
      isKeptBack = true;
      giveUp(LISTEN_AGAIN_AT_MOST_AFTER);
    }, FIRST_WITHIN);
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(giveUp, SILENT_FOR, ASK_EVERY);
    };
    stream.addEventListener("ping", heard);
    stream.addEventListener("sky", (event) => {
      heard();
      isKeptBack = false;
      listenAgainAfter = ASK_EVERY;
      known = "";
      stopAsking();
      back();
      tell("cloud:news", JSON.parse(event.data));
    });
    stream.addEventListener("error", () => giveUp(listenAgainAfter));
  }

  function giveUp(wait) {
    hangUp();
    nextListen = setTimeout(listen, spread(wait));
    listenAgainAfter = Math.min(2 * listenAgainAfter, LISTEN_AGAIN_AT_MOST_AFTER);
    if (!asking) ask();
  }

  function listenSoon() {
    listenAgainAfter = ASK_EVERY;
    clearTimeout(nextListen);
    nextListen = setTimeout(listen, spread(ASK_EVERY));
  }

  function hangUp() {
    stream?.close();
    stream = null;
    clearTimeout(watchdog);
    clearTimeout(nextListen);
  }

  async function ask() {
    const mine = (asking = new AbortController());
    const end = setTimeout(() => mine.abort(), ASK_WITHIN);
    try {
      const headers = known ? { "If-None-Match": known } : {};
      const answer = await fetch(`/events.json${query}`, { headers, cache: "no-store", signal: mine.signal });
      const isGone = answer.status === 404;
      if (!answer.ok && answer.status !== 304 && !isGone) throw new Error(answer.status);
      const news = isGone ? { watching: 0, clouds: [], gone: [cloud] } : answer.ok && (await answer.json());
      if (asking !== mine) return;
      known = answer.headers.get("ETag") || known;
      askAgainAfter = ASK_EVERY;
      if (isLost) listenSoon();
      back();
      if (news) tell("cloud:news", news);
    } catch {
      if (asking !== mine) return;
      askAgainAfter = Math.min(2 * askAgainAfter, 4 * ASK_EVERY);
      lost();
    } finally {
      clearTimeout(end);
    }
    nextAsk = setTimeout(ask, spread(askAgainAfter));
  }

  function stopAsking() {
    asking?.abort();
    asking = null;
    askAgainAfter = ASK_EVERY;
    clearTimeout(nextAsk);
  }

  function rest() {
    hangUp();
    stopAsking();
    clearTimeout(doubt);
  }

  function start() {
    known = "";
    listenAgainAfter = ASK_EVERY;
    listen();
    if (isKeptBack) ask();
  }

  function wake() {
    rest();
    if (document.visibilityState !== "visible") return;
    doubt = setTimeout(lost, DOUBTED_AFTER); // What stands here may be hours old.
    start();
  }

  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", (event) => event.persisted && wake());
  window.addEventListener("online", wake);
  window.addEventListener("offline", () => stream && giveUp(listenAgainAfter));
  if (document.visibilityState === "visible") start();
})();
