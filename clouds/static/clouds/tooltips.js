// Django's filter boxes give a name to a plain span, which screen readers pass over; what is an image may have one.
addEventListener("load", () => setTimeout(() => {
  for (const tip of document.querySelectorAll("span.help-tooltip[aria-label]")) tip.setAttribute("role", "img");
}));
