{% load static %}// Shows one page where there is no network. Nothing else is kept: what the clouds do is never told from memory.
const KEPT = ["{% url 'offline' %}", "{% static 'clouds/sky.css' %}", "{% static 'clouds/site.css' %}", "{% static 'clouds/offline.js' %}", "{% static 'clouds/favicon.svg' %}"];
const NAME = "offline " + KEPT.join(" ");

self.addEventListener("install", (event) => {
  const fresh = KEPT.map((url) => new Request(url, { cache: "reload", credentials: "omit" }));
  event.waitUntil(caches.open(NAME).then((kept) => kept.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name !== NAME);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(KEPT[0])));
  else if (KEPT.includes(new URL(request.url).pathname)) event.respondWith(fetch(request).catch(() => caches.match(request.url)));
});
