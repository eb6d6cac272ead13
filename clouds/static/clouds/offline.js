// Has the browser keep the offline page, and leaves that page as soon as the site can be reached again.
navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
if (document.getElementById("offline")) {
  const tryAgain = () => fetch(location.href, { method: "HEAD", cache: "no-store" }).then(() => location.reload(), () => {});
  addEventListener("online", tryAgain);
  setInterval(tryAgain, 5000);
}
