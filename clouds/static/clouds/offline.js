// Has the browser keep the offline page, and leaves that page as soon as there is a network again.
navigator.serviceWorker?.register("/service-worker.js").catch(() => {});
if (document.getElementById("offline")) addEventListener("online", () => location.reload());
